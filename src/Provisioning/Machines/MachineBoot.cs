using System.Text.Json.Serialization;

namespace Anvil.Provisioning.Machines;

/// <summary>
/// Phases between first power-on and an installed system. Every phase but Unknown, Discovered, Installed and Failed has a deadline.
/// </summary>
public enum Phase
{
    /// <summary>Defined in advance; not seen yet.</summary>
    Unknown,

    /// <summary>Booting discovery.</summary>
    Discovering,

    /// <summary>Known, with nothing to do.</summary>
    Discovered,

    /// <summary>Running tasks.</summary>
    Working,

    /// <summary>Installing an operating system.</summary>
    Installing,

    /// <summary>Boots from its own disk.</summary>
    Installed,

    /// <summary>Stopped by an error; a person or a policy resumes it.</summary>
    Failed,
}

/// <summary>Where a machine stands. Times are UTC; a zero time is "none".</summary>
public sealed record MachineBoot
{
    /// <summary>Value of <see cref="Admission"/>: registered itself and was let in.</summary>
    public const string Open = "open";

    /// <summary>Value of <see cref="Admission"/>: registered itself and waits for approval.</summary>
    public const string Pending = "pending";

    /// <summary>Value of <see cref="Admission"/>: registered itself and was approved of.</summary>
    public const string Approved = "approved";

    /// <summary>The phase.</summary>
    public Phase Phase { get; init; }

    /// <summary>When it was entered.</summary>
    public DateTimeOffset Since { get; init; }

    /// <summary>When the machine counts as stuck; none for resting phases.</summary>
    public DateTimeOffset Deadline { get; init; }

    /// <summary>Why, for a person.</summary>
    public string Reason { get; init => field = value ?? ""; } = "";

    /// <summary>Network boots since the phase was entered.</summary>
    public int Attempts { get; init; }

    /// <summary>Firmware of the last network boot: pcbios, uefi, …</summary>
    public string Firmware { get; init => field = value ?? ""; } = "";

    /// <summary>How it last booted: the boot program or `disk`.</summary>
    public string Via { get; init => field = value ?? ""; } = "";

    /// <summary>The address to which the script of its boot was given; "" where that is not known.</summary>
    public string At { get; init => field = value ?? ""; } = "";

    /// <summary>Last packet, request or log line.</summary>
    public DateTimeOffset LastSeen { get; init; }

    /// <summary>True once the deadline has passed.</summary>
    public bool Stuck { get; init; }

    /// <summary>
    /// How it came in: "" defined by somebody with the right; `open` registered itself and was let in; `pending` registered itself and
    /// waits for approval; `approved` registered itself, and somebody has approved of it or decided what it runs.
    /// </summary>
    public string Admission { get; init => field = value ?? ""; } = "";

    /// <summary>
    /// Why a registration is not believed, for who approves of it: "" where nothing speaks against it. It stays until somebody has
    /// approved, however often the machine boots.
    /// </summary>
    public string Doubt { get; init => field = value ?? ""; } = "";

    /// <summary>
    /// It registered itself with cards that it named itself, of which no lease was known: made-up ones cost nothing, so that until
    /// somebody approves of it DHCP knows none of them.
    /// </summary>
    public bool Unleased { get; init; }

    /// <summary>True for a machine whose cards are no better known than a stranger's.</summary>
    [JsonIgnore]
    public bool IsStranger => Unleased && !IsTrusted;

    /// <summary>Name of the subnet in which it registered itself; "" for none, and where a person has defined it.</summary>
    public string RegisteredIn { get; init => field = value ?? ""; } = "";

    /// <summary>True for a machine that waits for approval.</summary>
    [JsonIgnore]
    public bool IsPending => Admission == Pending;

    /// <summary>True for a machine that somebody with the right has let in: it may be given secrets.</summary>
    [JsonIgnore]
    public bool IsTrusted => Admission is "" or Approved;

    /// <summary>True for a phase that may last for ever.</summary>
    [JsonIgnore]
    public bool IsResting => Phase is Phase.Unknown or Phase.Discovered or Phase.Installed or Phase.Failed;
}
