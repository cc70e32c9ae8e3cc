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

    /// <summary>
    /// File with the certificate that the API is served with, in PEM form, and after it those that signed it; read anew when it changes.
    /// Empty: one that the silo makes for itself.
    /// </summary>
    public string Certificate { get; set; } = "";

    /// <summary>File with the key of that certificate, in PEM form.</summary>
    public string CertificateKey { get; set; } = "";

    /// <summary>
    /// From where the API's port takes plain HTTP beside HTTPS: `loopback`, or networks such as 10.0.0.0/24; none: from nowhere.
    /// </summary>
    public IList<string> PlainApi { get; init; } = [];

    /// <summary>Connections at once to each of the two HTTP ports.</summary>
    public int Connections { get; set; } = 16_384;

    /// <summary>
    /// Connections of one source (an IPv4 address, an IPv6 /64) at once to each HTTP port; behind a balancer all clients have its address.
    /// </summary>
    public int ConnectionsOfSource { get; set; } = 2048;

    /// <summary>Unix socket on which the API is served too; empty: none.</summary>
    public string ApiSocket { get; set; } = "";

    /// <summary>What this silo does: any of core, edge and gateway; none given: all three.</summary>
    public IList<string> Roles { get; init; } = [];

    /// <summary>Connection string of PostgreSQL (Npgsql's form); empty: SQLite in the data folder, and this silo is all there
    /// is.</summary>
    public string Postgres { get; set; } = "";

    /// <summary>
    /// File with the master key of secure params: 32 octets in base 64, the same for all silos of a cluster. Empty: a silo alone keeps one
    /// in its
    /// data folder (secret-key), a cluster in its database, where whoever reads the whole database can open what is secure.
    /// </summary>
    public string SecretKeyFile { get; set; } = "";

    /// <summary>Seconds to wait for the database at start.</summary>
    public int DatabaseWait { get; set; } = 60;

    /// <summary>Seconds that a list of machines, jobs or reservations may take.</summary>
    public double ListSeconds { get; set; } = 10;

    /// <summary>Seconds for which SQLite's file is checked at start; a file that takes longer is not checked whole.</summary>
    public double CheckSeconds { get; set; } = 10;

    /// <summary>Silos of one name on one database are a cluster.</summary>
    public string Cluster { get; set; } = "anvil";

    /// <summary>IPv4 address by which other silos reach this one; empty: the host's own.</summary>
    public string ClusterAddress { get; set; } = "";

    /// <summary>Orleans' silo-to-silo port.</summary>
    public int SiloPort { get; set; } = 11111;

    /// <summary>
    /// Seconds between the probes by which silos watch each other; three that fail make a suspicion, and two silos' suspicions an end.
    /// </summary>
    public double ProbeSeconds { get; set; } = 2;

    /// <summary>Minutes that a grain stays in memory unused; 0: Orleans' default.</summary>
    public double IdleMinutes { get; set; }

    /// <summary>Seconds between saying "not ready" and taking no more requests, for balancers to notice.</summary>
    public double DrainSeconds { get; set; }

    /// <summary>True when the role is this silo's.</summary>
    public bool Has(string role) => Roles.Count == 0 || Roles.Contains(role, StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// Password of the first user (rocketskates), at the first start; empty: a random one, written to admin-password in the data folder.
    /// </summary>
    public string AdminPassword { get; set; } = "";

    /// <summary>Preferences to set at the first start.</summary>
    public IDictionary<string, string> FirstPrefs { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);
}
