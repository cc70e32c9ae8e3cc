using Anvil.Provisioning.Webhooks;

namespace Anvil.Contracts.Webhooks;

/// <summary>Settings of webhooks: the same on all silos with the role core, which deliver.</summary>
public sealed class WebhookOptions
{
    /// <summary>Configuration section.</summary>
    public const string Section = "Webhooks";

    /// <summary>
    /// Networks that receivers are reached in, and no others (10.0.0.0/8, fd00::/8); none named: everywhere but this host (loopback),
    /// link-local addresses and clouds' metadata services.
    /// </summary>
    public IList<string> Networks { get; init; } = [];

    /// <summary>Seconds that one attempt may take, from the connection to the last octet of the answer.</summary>
    public double TimeoutSeconds { get; set; } = 10;

    /// <summary>Seconds before the second attempt; each further wait is twice as long.</summary>
    public double RetrySeconds { get; set; } = 5;

    /// <summary>Most seconds between two attempts.</summary>
    public double LongestRetrySeconds { get; set; } = 900;

    /// <summary>Attempts after which a delivery is a dead letter.</summary>
    public int Attempts { get; set; } = 12;

    /// <summary>Hours after which a delivery is a dead letter, however many attempts were made.</summary>
    public double GiveUpHours { get; set; } = 24;

    /// <summary>Most events of one delivery.</summary>
    public int BatchEvents { get; set; } = 100;

    /// <summary>Most KiB of one delivery; one event that is larger is one by itself.</summary>
    public int BatchKiB { get; set; } = 256;

    /// <summary>Seconds between two looks at the log of events.</summary>
    public double PollSeconds { get; set; } = 1;

    /// <summary>How long a delivery is tried.</summary>
    public RetryBounds Retry()
        => new(Attempts, TimeSpan.FromSeconds(RetrySeconds), TimeSpan.FromSeconds(LongestRetrySeconds), TimeSpan.FromHours(GiveUpHours));
}
