namespace Anvil.Provisioning.Machines;

/// <summary>
/// Something that is to be done once a change of a machine is stored. The rules say what; whoever stored the change does it. The set
/// is closed: an effect that is not known here is a fault.
/// </summary>
public abstract record Effect
{
    private protected Effect()
    {
    }
}

/// <summary>The machine is to be looked at again when its deadline comes.</summary>
/// <param name="At">The deadline.</param>
public sealed record SetDeadline(DateTimeOffset At) : Effect;

/// <summary>No deadline runs.</summary>
public sealed record ClearDeadline : Effect;

/// <summary>A line of the machine's timeline.</summary>
/// <param name="Kind">What kind of line: phase or job.</param>
/// <param name="What">What happened.</param>
/// <param name="Outcome">How it ended; "" when that goes without saying.</param>
/// <param name="Detail">The reason, or the job's uuid.</param>
public sealed record NoteTimeline(string Kind, string What, string Outcome, string Detail) : Effect;

/// <summary>A machine has moved to a phase: counted.</summary>
/// <param name="Phase">The phase.</param>
public sealed record CountPhase(Phase Phase) : Effect;

/// <summary>A machine was found past its deadline: counted, and told to the operator.</summary>
/// <param name="Name">The machine's name.</param>
/// <param name="Reason">What did not end.</param>
public sealed record WarnStuck(string Name, string Reason) : Effect;
