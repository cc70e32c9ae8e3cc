using System.Text.Json;
using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Webhooks;

/// <summary>How far a webhook is: what its grain stores. What happens to it is decided here, without chance and without a clock.</summary>
public sealed record WebhookState
{
    /// <summary>Dead letters of one webhook; the oldest go.</summary>
    public const int MostDeadLetters = 100;

    /// <summary>Characters of a reason.</summary>
    public const int LongestReason = 300;

    /// <summary>The webhook's own <see cref="Catalog.Webhook.Begins"/>: another one of the same name begins anew.</summary>
    public string Begins { get; init => field = value ?? ""; } = "";

    /// <summary>The place (`Seq`) up to which everything is delivered, or is no business of the webhook's.</summary>
    public string Place { get; init => field = value ?? ""; } = "";

    /// <summary>What is being delivered; null for nothing.</summary>
    public PendingDelivery? Pending { get; init; }

    /// <summary>What was given up, the oldest first.</summary>
    public IReadOnlyList<DeadLetter> DeadLetters { get; init => field = value ?? []; } = [];

    /// <summary>Events that were delivered.</summary>
    public long Delivered { get; init; }

    /// <summary>When a delivery was last taken; the beginning of time for never.</summary>
    public DateTimeOffset LastSuccess { get; init; }

    /// <summary>When an attempt last failed.</summary>
    public DateTimeOffset LastFailure { get; init; }

    /// <summary>Why it failed.</summary>
    public string LastError { get; init => field = value ?? ""; } = "";

    /// <summary>
    /// Reads a row. Of one that is damaged nothing is left: the webhook begins again where it began, which tells twice and loses nothing.
    /// </summary>
    public static WebhookState ReadStored(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize<WebhookState>(json, Json.Options) ?? new();
        }
        catch (JsonException)
        {
            return new();
        }
    }

    /// <summary>The state of a webhook as it is by now: a new one's, where this is that of another one of its name.</summary>
    /// <param name="begins">Where it begins.</param>
    /// <param name="end">The end of the log, for one that does not say.</param>
    public WebhookState For(string begins, string end)
        => Place.Length > 0 && Begins == begins ? this
            : new WebhookState { Begins = begins, Place = begins.Length > 0 ? begins : end };

    /// <summary>What is pending was taken by the receiver.</summary>
    public WebhookState Taken(DateTimeOffset now) => Pending is not { } pending ? this : this with
    {
        Place = pending.To,
        Pending = null,
        Delivered = Delivered + pending.Events,
        LastSuccess = now,
    };

    /// <summary>An attempt failed: what is pending is tried again, or is given up.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="now">When.</param>
    /// <param name="bounds">How long is tried.</param>
    /// <param name="asked">How long the receiver wants to be left alone; null where it says nothing.</param>
    /// <param name="chance">From 0 to 1.</param>
    public (WebhookState State, DeadLetter? Dead) Failed(string reason, DateTimeOffset now, RetryBounds bounds, TimeSpan? asked,
        double chance)
    {
        if (Pending is not { } pending) return (this, null);
        reason = ShortText.Of(reason, LongestReason);
        var failed = this with { LastFailure = now, LastError = reason };
        var attempts = pending.Attempts + 1;
        var first = pending.Attempts == 0 ? now : pending.First;
        var next = now + bounds.Wait(attempts, asked, chance);
        if (attempts < bounds.Attempts && next - first < bounds.GiveUp)
            return (failed with { Pending = pending with { Attempts = attempts, First = first, Next = next } }, null);
        var dead = new DeadLetter
        {
            Id = pending.Id,
            From = pending.From,
            To = pending.To,
            Events = pending.Events,
            Attempts = attempts,
            First = first,
            Last = now,
            Reason = reason,
        };
        return (failed with
        {
            Place = pending.To,
            Pending = null,
            DeadLetters = [.. DeadLetters.Append(dead).TakeLast(MostDeadLetters)],
        }, dead);
    }

    /// <summary>A dead letter was sent once more.</summary>
    /// <param name="id">Its delivery.</param>
    /// <param name="reason">Why it was not taken; "" when it was, or there is nothing left to send.</param>
    /// <param name="events">How many events it had now.</param>
    /// <param name="now">When.</param>
    public WebhookState Redelivered(string id, string reason, int events, DateTimeOffset now)
    {
        if (reason.Length > 0)
        {
            reason = ShortText.Of(reason, LongestReason);
            return this with
            {
                LastFailure = now,
                LastError = reason,
                DeadLetters = [.. DeadLetters.Select(d => d.Id != id ? d
                    : d with { Attempts = d.Attempts + 1, Last = now, Reason = reason })],
            };
        }

        return Without(id) with { Delivered = Delivered + events, LastSuccess = events > 0 ? now : LastSuccess };
    }

    /// <summary>The first events of a dead letter were sent once more, and were taken.</summary>
    /// <param name="id">Its delivery.</param>
    /// <param name="from">The place after which the others are.</param>
    /// <param name="events">How many were sent.</param>
    /// <param name="now">When.</param>
    public WebhookState Shortened(string id, string from, int events, DateTimeOffset now) => this with
    {
        Delivered = Delivered + events,
        LastSuccess = now,
        DeadLetters = [.. DeadLetters.Select(d => d.Id != id ? d
            : d with { From = from, Events = Math.Max(d.Events - events, 0) })],
    };

    /// <summary>The state without a dead letter.</summary>
    public WebhookState Without(string id) => this with { DeadLetters = [.. DeadLetters.Where(d => d.Id != id)] };
}
