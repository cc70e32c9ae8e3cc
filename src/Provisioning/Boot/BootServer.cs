namespace Anvil.Provisioning.Boot;

/// <summary>How a client reaches Anvil: the address that its packets came to, and the ports there.</summary>
public sealed record BootServer(string Address, int FilePort, int ApiPort)
{
    /// <summary>Base URL of boot files.</summary>
    public string FileUrl => $"http://{Address}:{FilePort}";

    /// <summary>Base URL of the API.</summary>
    public string ApiUrl => $"http://{Address}:{ApiPort}";
}
