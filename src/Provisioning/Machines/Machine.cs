using System.Text.Json;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Network;

namespace Anvil.Provisioning.Machines;

/// <summary>A machine: DRP's Machine with its field names, and <see cref="Boot"/>, which is Anvil's own.</summary>
public sealed record Machine : Document, IBootSubject, IParamHolder
{
    /// <summary>Key; made by the server when absent.</summary>
    public string Uuid { get; init => field = value ?? ""; } = "";

    /// <summary>Unique name; the installed system's host name.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>For people.</summary>
    public string Description { get; init => field = value ?? ""; } = "";

    /// <summary>Newest job.</summary>
    public string CurrentJob { get; init => field = value ?? ""; } = "";

    /// <summary>IPv4 address; DHCP keeps it true.</summary>
    public string Address { get; init => field = value ?? ""; } = "";

    /// <summary>MAC addresses, on InfiniBand GUIDs of ports; each belongs to one machine.</summary>
    public IReadOnlyList<string> HardwareAddrs { get; init => field = MacAddress.Ports(value ?? []); } = [];

    /// <summary>Current stage.</summary>
    public string Stage { get; init => field = value ?? ""; } = "";

    /// <summary>What it boots.</summary>
    public string BootEnv { get; init => field = value ?? ""; } = "";

    /// <summary>Workflow that made the task list; "" for none.</summary>
    public string Workflow { get; init => field = value ?? ""; } = "";

    /// <summary>Profiles, first wins.</summary>
    public IReadOnlyList<string> Profiles { get; init => field = value ?? []; } = [];

    /// <summary>The machine's own values.</summary>
    public IReadOnlyDictionary<string, JsonElement> Params { get; init => field = value ?? new Dictionary<string, JsonElement>(); } =
        new Dictionary<string, JsonElement>();

    /// <summary>Expanded task list, with stage: and bootenv: entries.</summary>
    public IReadOnlyList<string> Tasks { get; init => field = value ?? []; } = [];

    /// <summary>Index into Tasks; -1 before the first, the length when all are done.</summary>
    public int CurrentTask { get; init; }

    /// <summary>Jobs may be made.</summary>
    public bool Runnable { get; init; }

    /// <summary>Signs the machine's tokens; changing it revokes them.</summary>
    public string Secret { get; init => field = value ?? ""; } = "";

    /// <summary>Installed operating system.</summary>
    public string OS { get; init => field = value ?? ""; } = "";

    /// <summary>Architecture, canonical.</summary>
    public string Arch { get; init => field = value ?? ""; } = "";

    /// <summary>Only unlocking is allowed.</summary>
    public bool Locked { get; init; }

    /// <summary>True when parts were left out of an answer.</summary>
    public bool Partial { get; init; }

    /// <summary>Where the machine stands between discovery and installed.</summary>
    public MachineBoot Boot { get; init => field = value ?? new(); } = new();

    /// <inheritdoc/>
    public override string Key => Uuid;

    /// <inheritdoc/>
    public override string Prefix => "machines";

    /// <inheritdoc/>
    bool IBootSubject.IsPending => Boot.IsPending;

    /// <inheritdoc/>
    Document IParamHolder.WithParams(IReadOnlyDictionary<string, JsonElement> values) => this with { Params = values };

    /// <inheritdoc/>
    string? IBootSubject.BootLoader
        => Params.TryGetValue(IBootSubject.LoaderParam, out var own) && own.ValueKind == JsonValueKind.String ? own.GetString() : null;

    /// <inheritdoc/>
    bool IBootSubject.HasParam(string name) => Params.ContainsKey(name);
}
