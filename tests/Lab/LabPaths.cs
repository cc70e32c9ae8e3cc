namespace Anvil.Lab;

/// <summary>Where the lab finds what deploy/setup has built.</summary>
public static class LabPaths
{
    /// <summary>The repository's folder.</summary>
    public static string Repository { get; } = Anvil.Support.Repository.Root;

    /// <summary>Boot files.</summary>
    public static string Files => Environment.GetEnvironmentVariable("ANVIL_FILES") ?? Path.Combine(Repository, ".cache", "files");

    /// <summary>The silo's program.</summary>
    public static string Silo
        => Environment.GetEnvironmentVariable("ANVIL_SILO") ?? Path.Combine(Repository, "artifacts", "silo", "anvil-silo");
}
