namespace Anvil.Objects.Webhooks;

/// <summary>How deliveries of a webhook go, as the API shows it.</summary>
public sealed record WebhookStatus
{
    /// <summary>The webhook.</summary>
    public required string Name { get; init; }

    /// <summary>Whether it is to be delivered to.</summary>
    public required bool Enabled { get; init; }

    /// <summary>Why nothing is delivered all the same; "" where that is not so.</summary>
    public required string Stopped { get; init; }

    /// <summary>Place in the log (`Seq`) up to which everything is delivered, or is no business of the webhook's.</summary>
    public required string Place { get; init; }

    /// <summary>When the first event behind that place was, whether or not the webhook is told of it; null for none.</summary>
    public required DateTimeOffset? BehindSince { get; init; }

    /// <summary>Seconds since then; 0 for none.</summary>
    public required long BehindSeconds { get; init; }

    /// <summary>Events that were delivered so far.</summary>
    public required long Delivered { get; init; }

    /// <summary>The delivery that is under way, or waits for its next attempt; "" for none.</summary>
    public required string Delivery { get; init; }

    /// <summary>Attempts of it that failed.</summary>
    public required int Attempts { get; init; }

    /// <summary>When it is tried again; null where it does not wait.</summary>
    public required DateTimeOffset? NextAttempt { get; init; }

    /// <summary>When a delivery was last taken; null for never.</summary>
    public required DateTimeOffset? LastSuccess { get; init; }

    /// <summary>When an attempt last failed; null for never.</summary>
    public required DateTimeOffset? LastFailure { get; init; }

    /// <summary>Why it failed.</summary>
    public required string LastError { get; init; }

    /// <summary>Deliveries that were given up and are kept.</summary>
    public required int DeadLetters { get; init; }
}

/// <summary>What became of a delivery that somebody asked for.</summary>
public sealed record WebhookAttempt
{
    /// <summary>Its id.</summary>
    public required string Delivery { get; init; }

    /// <summary>True when the receiver took it.</summary>
    public required bool Taken { get; init; }

    /// <summary>HTTP's status of the answer; 0 for none.</summary>
    public required int Status { get; init; }

    /// <summary>Why it was not taken; "" when it was.</summary>
    public required string Error { get; init; }

    /// <summary>Events that it told of.</summary>
    public required int Events { get; init; }

    /// <summary>Milliseconds that it took.</summary>
    public required long Milliseconds { get; init; }
}
