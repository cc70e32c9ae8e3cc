namespace Anvil.Provisioning.Webhooks;

/// <summary>
/// What is being delivered: the events between two places of the log. It is stored before it is sent for the first time, so that whoever
/// goes on sends the same events under the same id.
/// </summary>
public sealed record PendingDelivery
{
    /// <summary>Its id, the same for each attempt.</summary>
    public string Id { get; init => field = value ?? ""; } = "";

    /// <summary>The place (`Seq`) after which its events are.</summary>
    public string From { get; init => field = value ?? ""; } = "";

    /// <summary>The place of the last event that was looked at for it.</summary>
    public string To { get; init => field = value ?? ""; } = "";

    /// <summary>How many events it has.</summary>
    public int Events { get; init; }

    /// <summary>True when all of them tell of webhooks' own deliveries.</summary>
    public bool OfWebhooks { get; init; }

    /// <summary>Attempts that failed.</summary>
    public int Attempts { get; init; }

    /// <summary>When it was first tried.</summary>
    public DateTimeOffset First { get; init; }

    /// <summary>When it is tried again.</summary>
    public DateTimeOffset Next { get; init; }
}
