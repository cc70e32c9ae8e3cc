namespace Anvil.Silo;

/// <summary>Settings of the silo itself.</summary>
public sealed class SiloOptions
{
    /// <summary>Configuration section.</summary>
    public const string Section = "Silo";

    /// <summary>Folder of everything that is kept: database, job logs, boot files.</summary>
    public string DataFolder { get; set; } = "/var/lib/anvil";

    /// <summary>Folder of content packs, one sub-folder each; empty: beside the program.</summary>
    public string ContentFolder { get; set; } = "";

    /// <summary>Address that the API listens on; empty: every address.</summary>
    public string ApiAddress { get; set; } = "";

    /// <summary>Unix socket on which the API is served too; empty: none.</summary>
    public string ApiSocket { get; set; } = "";

    /// <summary>Orleans' silo-to-silo port.</summary>
    public int SiloPort { get; set; } = 11111;

    /// <summary>Password of the first user (rocketskates), at the first start; empty: a random one, written to admin-password in the data folder.</summary>
    public string AdminPassword { get; set; } = "";

    /// <summary>Preferences to set at the first start.</summary>
    public IDictionary<string, string> FirstPrefs { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);
}
