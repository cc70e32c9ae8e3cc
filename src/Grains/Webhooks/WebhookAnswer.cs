namespace Anvil.Grains.Webhooks;

/// <summary>What a receiver said of an attempt.</summary>
/// <param name="Status">HTTP's status; 0 for no answer.</param>
/// <param name="Error">Why it was not taken; "" when it was.</param>
/// <param name="Milliseconds">How long it took.</param>
public sealed record WebhookAnswer(int Status, string Error, long Milliseconds)
{
    /// <summary>How long it wants to be left alone; null where it says nothing.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>It wants nothing any more (RFC 9110 section 15.5.11).</summary>
    public bool IsGone => Status == 410;
}
