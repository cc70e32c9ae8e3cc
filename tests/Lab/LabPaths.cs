namespace Anvil.Lab;

/// <summary>Where the lab finds what deploy/setup has built.</summary>
public static class LabPaths
{
    /// <summary>The repository's folder.</summary>
    public static string Repository { get; } = FindRepository();

    /// <summary>Boot files.</summary>
    public static string Files => Environment.GetEnvironmentVariable("ANVIL_FILES") ?? Path.Combine(Repository, ".cache", "files");

    /// <summary>The silo's program.</summary>
    public static string Silo
        => Environment.GetEnvironmentVariable("ANVIL_SILO") ?? Path.Combine(Repository, "artifacts", "silo", "anvil-silo");

    private static string FindRepository()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Orleans.sln"))) return folder.FullName;
        }

        throw new SetupException($"{AppContext.BaseDirectory} is not inside Anvil's repository");
    }
}
