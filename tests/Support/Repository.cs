namespace Anvil.Support;

/// <summary>The folder that the running program was built in.</summary>
public static class Repository
{
    /// <summary>The folder with the solution, above the program.</summary>
    /// <exception cref="SetupException">There is none.</exception>
    public static string Root { get; } = Find();

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Orleans.sln"))) return folder.FullName;
        }

        throw new SetupException($"{AppContext.BaseDirectory} is not inside Anvil's repository");
    }
}
