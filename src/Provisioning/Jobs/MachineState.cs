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
