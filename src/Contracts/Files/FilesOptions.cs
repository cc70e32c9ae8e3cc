namespace Anvil.Contracts.Files;

/// <summary>Settings of uploaded files, ISOs, and what is made of them.</summary>
public sealed class FilesOptions
{
    /// <summary>Configuration section.</summary>
    public const string Section = "Files";

    /// <summary>Folder of the contents, by their hashes; empty: `blobs` in the data folder.</summary>
    public string Folder { get; set; } = "";

    /// <summary>Most MiB of one upload.</summary>
    public long UploadMiB { get; set; } = 32 << 10;

    /// <summary>Most MiB of all files and ISOs together.</summary>
    public long TotalMiB { get; set; } = 1 << 20;

    /// <summary>Most MiB that an edge which is no gateway keeps of them; what was not asked for for longest goes first.</summary>
    public long CacheMiB { get; set; } = 64 << 10;

    /// <summary>MiB of the disk that are left free; below 0: a twentieth of it, at most 4 GiB.</summary>
    public long ReserveMiB { get; set; } = -1;

    /// <summary>The program that reads ISOs and archives (libarchive's; Debian: libarchive-tools).</summary>
    public string BsdTar { get; set; } = "bsdtar";

    /// <summary>Most MiB that an archive may unpack to.</summary>
    public long ExplodedMiB { get; set; } = 64 << 10;

    /// <summary>Most files, folders and links of an archive.</summary>
    public int ExplodedEntries { get; set; } = 500_000;

    /// <summary>Most minutes that one archive may take.</summary>
    public double ExplodeMinutes { get; set; } = 60;

    /// <summary>Minutes after which an explosion that failed is tried again.</summary>
    public double RetryMinutes { get; set; } = 10;
}
