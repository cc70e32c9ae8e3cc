namespace Anvil.Provisioning.Tests.Boot.Kickstarts;

/// <summary>What a command's options must be beside well written: one of several, none beside another, names that are free.</summary>
internal static class KickstartRules
{
    /// <summary>Commands that partition disks, each in its own way, and those that none of them can stand beside.</summary>
    private static readonly string[] ByHand = ["part", "partition", "logvol", "raid", "volgroup"];

    /// <summary>What makes a thing of a name: the name, of which there is one.</summary>
    private static readonly Dictionary<string, Func<KickstartLine, string>> Named = new(StringComparer.Ordinal)
    {
        ["repo"] = l => l["--name"],
        ["user"] = l => l["--name"],
        ["group"] = l => l["--name"],
        ["part"] = PartitionName,
        ["partition"] = PartitionName,
        ["logvol"] = l => $"{l["--vgname"]}/{l["--name"]}",
        ["volgroup"] = l => l.Arguments.FirstOrDefault(""),
        ["raid"] = l => l["--device"],
    };

    /// <summary>Options of network that are of one device.</summary>
    private static readonly string[] OfDevices =
        ["--ipv4-dns-search", "--ipv6-dns-search", "--ipv4-ignore-auto-dns", "--ipv6-ignore-auto-dns"];

    private static readonly string[] RaidLevels = ["0", "1", "4", "5", "6", "10", "linear"];

    /// <summary>Why a command is refused, by itself; null: it is not.</summary>
    public static string? Problem(KickstartLine line) => line.Name switch
    {
        "url" => One(line, "--url", "--mirrorlist", "--metalink"),
        "repo" when line.Count("--baseurl", "--mirrorlist", "--metalink") > 1
            => "repo has one of --baseurl, --mirrorlist and --metalink",
        "ignoredisk" => One(line, "--drives", "--only-use"),
        "timesource" when line.Count("--ntp-server", "--ntp-pool") + (line.Has("--ntp-disable") ? 1 : 0) != 1
            => "timesource has one of --ntp-server, --ntp-pool and --ntp-disable",
        "rootpw" when line.Arguments.Count == 0 && !line.Has("--lock") => "rootpw needs a password",
        "keyboard" when line.Arguments.Count == 0 && line.Count("--vckeymap", "--xlayouts") == 0 => "keyboard needs one",
        "timezone" when line.Arguments.Count == 0 && line.Options.Count == 0 => "timezone needs one",
        "timezone" when line.Has("--nontp") && line["--ntpservers"].Length > 0 => "timezone has one of --nontp and --ntpservers",
        "services" when line.Count("--enabled", "--disabled") == 0 => "services needs --enabled or --disabled",
        "rescue" when line.Has("--nomount") && line.Has("--romount") => "rescue has one of --nomount and --romount",
        "logging" when line["--port"].Length > 0 && line["--host"].Length == 0 => "logging has no --port without --host",
        "eula" when !line.Has("--agreed") => "eula needs --agreed",
        "driverdisk" when line.Arguments.Count + line.Count("--source", "--biospart") == 0 => "driverdisk needs a source",
        "harddrive" when line.Release == 8 => One(line, "--partition", "--biospart"),
        "realm" when line.Arguments.Count < 2 || line.Arguments[0] != "join" => "realm joins one",
        "nvdimm" when line.Arguments is [not ("use" or "reconfigure"), ..] => "nvdimm is used or reconfigured",
        "ostreesetup" when !new[] { "file:", "http:", "https:" }.Any(p => line["--url"].StartsWith(p, StringComparison.Ordinal))
            => "ostreesetup has a URL of a file, of HTTP or of HTTPS",
        "snapshot" when line.Arguments is [var origin, ..] && origin.Split('/') is not [{ Length: > 0 }, { Length: > 0 }]
            => "snapshot is of a volume in a group",
        "mount" when line.Arguments is [_, var place, ..] && place != "none" && !place.StartsWith('/')
            => $"mount has no place {place}",
        "network" => Network(line),
        "volgroup" when line.Arguments.Count == 0 => "volgroup needs a name",
        "volgroup" when line.Arguments.Count > 1 && Exists(line) => "volgroup that exists has its members",
        "volgroup" when line.Arguments.Count == 1 && !Exists(line) => "volgroup needs partitions",
        "raid" when line.Arguments.Count > 1 && Exists(line) => "raid that exists has its members",
        "raid" when line.Arguments.Count == 1 && !Exists(line) => "raid needs partitions",
        "raid" when line["--level"].Length == 0 && !Exists(line) => "raid needs --level",
        "raid" when line["--level"].Length > 0 && !RaidLevels.Contains(Level(line)) => $"raid has no level {line["--level"]}",
        "raid" or "part" or "partition" => Luks(line) ?? FileSystem(line),
        "logvol" when line.Count("--size", "--percent", "--maxsize") == 0 && !Exists(line) && !line.Has("--recommended")
            && !line.Has("--resize") => "logvol needs a size",
        "logvol" => Luks(line) ?? FileSystem(line),
        "autopart" => Luks(line) ?? AutoPart(line),
        "%packages" when line.Has("--default") && line.Has("--nocore") => "%packages has one of --default and --nocore",
        "%certificate" when line.Count("--dir", "--type") == 0 => "%certificate needs --dir or --type",
        _ => null,
    };

    /// <summary>Why a command is refused, or complained about, after others.</summary>
    public static (string? Problem, string? Warning) Beside(KickstartLine line, IEnumerable<KickstartLine> before)
    {
        foreach (var other in before)
        {
            if (Excludes(line.Name, other.Name) || Excludes(other.Name, line.Name))
                return ($"{line.Name} and {other.Name} do not go together", null);
            if (Named.TryGetValue(line.Name, out var name) && name(line).Length > 0
                && Kind(other.Name) == Kind(line.Name) && name(other) == name(line))
                return (null, $"{line.Name} {name(line)} is there twice");
        }

        return (null, null);
    }

    /// <summary>part and partition are the same command.</summary>
    private static string Kind(string command) => command == "partition" ? "part" : command;

    private static bool Excludes(string one, string other) => one switch
    {
        "autopart" => other is "mount" or "reqpart" || ByHand.Contains(other),
        "mount" => ByHand.Contains(other),
        _ => false,
    };

    private static string PartitionName(KickstartLine line)
        => line.Arguments.FirstOrDefault("") is var place && place.StartsWith('/') ? place : "";

    private static string? One(KickstartLine line, params string[] options)
        => line.Count(options) == 1 ? null : $"{line.Name} has one of {string.Join(", ", options)}";

    private static bool Exists(KickstartLine line) => line.Has("--useexisting") || line.Has("--noformat");

    private static string Level(KickstartLine line)
        => line["--level"].StartsWith("raid", StringComparison.OrdinalIgnoreCase) ? line["--level"][4..] : line["--level"];

    private static string? Luks(KickstartLine line) => line.Has("--pbkdf-time") && line.Has("--pbkdf-iterations")
        ? $"{line.Name} has one of --pbkdf-time and --pbkdf-iterations" : null;

    private static string? FileSystem(KickstartLine line)
        => line["--fstype"] == "btrfs" || line.Arguments is [var place, ..] && place.StartsWith("btrfs.", StringComparison.Ordinal)
            ? "RHEL has no btrfs" : null;

    private static string? AutoPart(KickstartLine line)
    {
        if (line.Has("--type") && line["--type"] is not ("plain" or "partition" or "lvm" or "thinp"))
            return $"autopart has no type {line["--type"]}";
        return line["--fstype"] == "btrfs" ? "RHEL has no btrfs" : null;
    }

    private static string? Network(KickstartLine line)
    {
        if (line.Options.Keys.FirstOrDefault(OfDevices.Contains) is { } own && line["--device"].Length == 0)
            return $"network has no {own} without --device";
        if (line["--bridgeopts"].Length == 0) return null;
        if (line["--bridgeslaves"].Length == 0) return "network has no --bridgeopts without --bridgeslaves";
        return line["--bridgeopts"].Split(',').All(o => o.Contains('=', StringComparison.Ordinal)) ? null : "--bridgeopts are name=value";
    }
}
