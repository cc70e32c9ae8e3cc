using Anvil.Contracts.Events;
using Anvil.Provisioning.Catalog;

namespace Anvil.Contracts.Webhooks;

/// <summary>Reads for a webhook what of the log of events it is told of.</summary>
public interface IWebhookFeed
{
    /// <summary>
    /// Why nothing is told to it by now: its owner is gone, or has no right any more. "" while it is told what the owner may hear.
    /// </summary>
    string Stopped(Webhook webhook);

    /// <summary>
    /// The next events that a webhook wants and its owner may hear of, as `GET /events` shows them, in the order of the log.
    /// </summary>
    /// <param name="webhook">The webhook, which is not stopped.</param>
    /// <param name="from">The place after which they are.</param>
    /// <param name="upTo">The last place that is looked at; null for no bound.</param>
    /// <param name="most">Most events.</param>
    /// <param name="octets">Octets of them together; the first may have more.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="System.Data.Common.DbException">The database does not answer.</exception>
    Task<WebhookBatch> NextAsync(Webhook webhook, EventPlace from, EventPlace? upTo, int most, int octets,
        CancellationToken cancellation);
}

/// <summary>Events for one delivery.</summary>
/// <param name="Events">Each as JSON, UTF-8.</param>
/// <param name="Reached">Up to here the log was looked at: these events are all that the webhook is told of it.</param>
public sealed record WebhookBatch(IReadOnlyList<ReadOnlyMemory<byte>> Events, EventPlace Reached)
{
    /// <summary>True when all of them tell of webhooks' own deliveries.</summary>
    public bool OfWebhooks { get; init; }

    /// <summary>True when there may be more behind it.</summary>
    public bool HasMore { get; init; }
}
