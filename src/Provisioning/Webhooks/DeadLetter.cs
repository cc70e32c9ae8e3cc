namespace Anvil.Provisioning.Webhooks;

/// <summary>
/// A delivery that was given up. It holds the places of its events and not the events: they are read from the log again when it is
/// redelivered, by whoever the owner is by then, and are shown to nobody meanwhile.
/// </summary>
public sealed record DeadLetter
{
    /// <summary>The delivery's id.</summary>
    public string Id { get; init => field = value ?? ""; } = "";

    /// <summary>The place (`Seq`) after which its events are.</summary>
    public string From { get; init => field = value ?? ""; } = "";

    /// <summary>The place of the last event that was looked at for it.</summary>
    public string To { get; init => field = value ?? ""; } = "";

    /// <summary>How many events it had.</summary>
    public int Events { get; init; }

    /// <summary>Attempts that failed.</summary>
    public int Attempts { get; init; }

    /// <summary>When it was first tried.</summary>
    public DateTimeOffset First { get; init; }

    /// <summary>When it was last tried.</summary>
    public DateTimeOffset Last { get; init; }

    /// <summary>Why the last attempt failed.</summary>
    public string Reason { get; init => field = value ?? ""; } = "";
}
