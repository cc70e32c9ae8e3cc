using System.Text.Json;
using System.Text.Json.Serialization;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Machines;

namespace Anvil.Provisioning.Jobs;

/// <summary>
/// What a machine's grain persists, in one write: the document, its current job, and what this write tells the query
/// tables (jobs that changed, events). The storage's SQL reads the same names.
/// </summary>
public sealed record MachineState
{
    /// <summary>The document; null before creation and after deletion.</summary>
    public Machine? Machine { get; init; }

    /// <summary>The newest job.</summary>
    public Job? Job { get; init; }

    /// <summary>Changes whenever a network boot begins; tokens of earlier boots are void then.</summary>
    public string BootId { get; init => field = value ?? ""; } = "";

    /// <summary>Revision, counted up by every write.</summary>
    public long Revision { get; init; }

    /// <summary>
    /// The address that somebody gave it, which no other machine is given while it has it; "" where it has none, or DHCP's.
    /// </summary>
    public string Claim { get; init => field = value ?? ""; } = "";

    /// <summary>
    /// What of the stored state could not be read (JSON pointers), which is not in here: such a machine is shown, replaced and deleted,
    /// and nothing else. Never stored.
    /// </summary>
    [JsonIgnore]
    public IReadOnlyList<string> Damage { get; init; } = [];

    /// <summary>
    /// Reads a stored state. One that is damaged harms no other machine: what can be read of it is here, the machine unavailable.
    /// </summary>
    /// <exception cref="JsonException">It is no JSON.</exception>
    public static MachineState ReadStored(ReadOnlySpan<byte> json)
    {
        try
        {
            var read = JsonSerializer.Deserialize<MachineState>(json, Json.Options)
                ?? throw new JsonException("null where a state is needed");
            if (read.Machine is not { } whole || IsWhole(whole)) return read;
        }
        catch (JsonException)
        {
            // What is left of it follows.
        }

        using var document = JsonDocument.Parse(json.ToArray(), new JsonDocumentOptions { MaxDepth = Json.Options.MaxDepth });
        var damage = new List<string>();
        var machine = Part<Machine>(document.RootElement, nameof(Machine), "", damage);
        var job = Part<Job>(document.RootElement, nameof(Job), "/CurrentJob", damage);
        if (damage.Count == 0) damage.Add("the value");
        var rest = Salvage.Fields<MachineState>(document.RootElement, out _);
        return new MachineState
        {
            Machine = machine is null ? null : Salvage.Marked(machine, damage),
            Job = job,
            BootId = rest.BootId,
            Revision = rest.Revision,
            Claim = rest.Claim,
            Damage = damage,
        };
    }

    private static bool IsWhole(Machine machine)
        => !machine.Profiles.Contains(null!) && !machine.HardwareAddrs.Contains(null!) && !machine.Tasks.Contains(null!)
            && !machine.Errors.Contains(null!);

    private static T? Part<T>(JsonElement state, string name, string prefix, List<string> damage)
        where T : class, new()
    {
        if (!state.TryGetProperty(name, out var part) || part.ValueKind == JsonValueKind.Null) return null;
        var read = Salvage.Fields<T>(part, out var problems);
        damage.AddRange(problems.Select(p => $"{prefix}{(p.StartsWith('/') ? p : "")}"));
        return read;
    }

    /// <summary>Jobs made or changed by this write.</summary>
    public IReadOnlyList<Job> ChangedJobs { get; init => field = value ?? []; } = [];

    /// <summary>Events of this write.</summary>
    public IReadOnlyList<MachineEvent> Events { get; init => field = value ?? []; } = [];
}

/// <summary>Something that happened to a machine, for the event stream and the timeline.</summary>
public sealed record MachineEvent(DateTimeOffset Time, string Type, string Action, string Key, string Detail)
{
    /// <summary>Who did it.</summary>
    public string Principal { get; init => field = value ?? ""; } = "";
}
