using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Machines;

namespace Anvil.Provisioning.Jobs;

/// <summary>One run of a task on a machine (DRP's Job).</summary>
public sealed record Job : Document
{
    /// <summary>Key.</summary>
    public string Uuid { get; init => field = value ?? ""; } = "";

    /// <summary>The machine's job before this one.</summary>
    public string Previous { get; init => field = value ?? ""; } = "";

    /// <summary>Uuid of the machine.</summary>
    public string Machine { get; init => field = value ?? ""; } = "";

    /// <summary>Task, or the stage:/bootenv: entry that was consumed.</summary>
    public string Task { get; init => field = value ?? ""; } = "";

    /// <summary>Stage at the time.</summary>
    public string Stage { get; init => field = value ?? ""; } = "";

    /// <summary>Workflow at the time.</summary>
    public string Workflow { get; init => field = value ?? ""; } = "";

    /// <summary>Boot environment at the time.</summary>
    public string BootEnv { get; init => field = value ?? ""; } = "";

    /// <summary>created, running, failed, finished or incomplete.</summary>
    public string State { get; init => field = value ?? ""; } = "";

    /// <summary>reboot, poweroff, stop, complete or failed.</summary>
    public string ExitState { get; init => field = value ?? ""; } = "";

    /// <summary>When it was made.</summary>
    public DateTimeOffset StartTime { get; init; }

    /// <summary>When it ended.</summary>
    public DateTimeOffset EndTime { get; init; }

    /// <summary>The log was moved away.</summary>
    public bool Archived { get; init; }

    /// <summary>The machine's newest job.</summary>
    public bool Current { get; init; }

    /// <summary>Index of the task in the machine's list.</summary>
    public int CurrentIndex { get; init; }

    /// <summary>Index of the one after it.</summary>
    public int NextIndex { get; init; }

    /// <summary>What the job's scripts may use of the API, in the answer that makes the job alone (DRP v4); "" elsewhere.</summary>
    public string Token { get; init => field = value ?? ""; } = "";

    /// <inheritdoc/>
    public override string Key => Uuid;

    /// <inheritdoc/>
    public override string Prefix => "jobs";
}
