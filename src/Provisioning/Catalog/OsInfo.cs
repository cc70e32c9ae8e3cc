using System.Text.Json.Serialization;

namespace Anvil.Provisioning.Catalog;

/// <summary>The operating system of a boot environment.</summary>
public sealed record OsInfo
{
    /// <summary>Name, such as debian-13; files lie in a folder of that name.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>Family, such as debian.</summary>
    public string Family { get; init => field = value ?? ""; } = "";

    /// <summary>Code name, such as trixie.</summary>
    public string Codename { get; init => field = value ?? ""; } = "";

    /// <summary>Version, such as 13.</summary>
    public string Version { get; init => field = value ?? ""; } = "";

    /// <summary>Install medium.</summary>
    public string IsoFile { get; init => field = value ?? ""; } = "";

    /// <summary>Its SHA-256, in hex.</summary>
    public string IsoSha256 { get; init => field = value ?? ""; } = "";

    /// <summary>Where it can be had.</summary>
    public string IsoUrl { get; init => field = value ?? ""; } = "";

    /// <summary>Files by architecture (amd64, arm64, …).</summary>
    public IReadOnlyDictionary<string, ArchInfo> SupportedArchitectures
    {
        get; init => field = value
        ?? new Dictionary<string, ArchInfo>();
    } = new Dictionary<string, ArchInfo>();

    /// <summary>Family, or the part of the name before the first dash.</summary>
    [JsonIgnore]
    public string FamilyName => Family.Length > 0 ? Family : Name.Split('-')[0];

    /// <summary>Version, or the part of the name after the first dash.</summary>
    [JsonIgnore]
    public string FamilyVersion
        => Version.Length > 0 ? Version
            : Name.Contains('-', StringComparison.Ordinal) ? Name[(Name.IndexOf('-', StringComparison.Ordinal) + 1)..] : "";

    /// <summary>rhel, debian, or the family itself.</summary>
    [JsonIgnore]
    public string FamilyType => FamilyName switch
    {
        "centos" or "redhat" or "fedora" or "scientificlinux" or "rhel" or "rocky" or "almalinux" => "rhel",
        "debian" or "ubuntu" => "debian",
        var family => family,
    };
}

/// <summary>Files of one architecture.</summary>
public sealed record ArchInfo
{
    /// <summary>Install medium.</summary>
    public string IsoFile { get; init => field = value ?? ""; } = "";

    /// <summary>Its SHA-256, in hex.</summary>
    public string Sha256 { get; init => field = value ?? ""; } = "";

    /// <summary>Where it can be had.</summary>
    public string IsoUrl { get; init => field = value ?? ""; } = "";

    /// <summary>Kernel file.</summary>
    public string Kernel { get; init => field = value ?? ""; } = "";

    /// <summary>Initial RAM disks.</summary>
    public IReadOnlyList<string> Initrds { get; init => field = value ?? []; } = [];

    /// <summary>Kernel arguments; a template.</summary>
    public string BootParams { get; init => field = value ?? ""; } = "";

    /// <summary>First boot program.</summary>
    public string Loader { get; init => field = value ?? ""; } = "";
}
