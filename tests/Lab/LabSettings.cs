namespace Anvil.Lab;

/// <summary>What machines of the lab are given.</summary>
public static class LabSettings
{
    /// <summary>Password of the installed system's user.</summary>
    public const string Password = "anvil";

    /// <summary>Its crypt(3) form (SHA-512).</summary>
    public const string PasswordHash =
        "$6$anvillab$6U2NGFdPvmsxmT23KlHZJzdf9euzKPnMkWu5vi/8jpdwKTHpw8blCixyNee4RtIVrCtnJ8INFeHUGDfBeNG9L.";
}
