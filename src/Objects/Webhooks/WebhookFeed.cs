using Anvil.Contracts.Catalog;
using Anvil.Contracts.Events;
using Anvil.Contracts.Webhooks;
using Anvil.Objects.Events;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Lists;

namespace Anvil.Objects.Webhooks;

/// <summary>
/// What webhooks are told of the log of events: what they ask for, as far as their owner may hear of it when it is told, and might when
/// it said where deliveries go (<see cref="ReadGrant"/>).
/// </summary>
public sealed class WebhookFeed(IEventStore store, EventReach reach, ICatalog catalog, ParamKeys keys) : IWebhookFeed
{
    /// <summary>Events that are read at once: one may have 32 KiB.</summary>
    private const int Piece = 64;

    /// <summary>Events that one call looks at; where it ended it says.</summary>
    private const int MostLooked = 4096;

    /// <inheritdoc/>
    public string Stopped(Webhook webhook)
    {
        if (!webhook.Validated) return "the stored webhook cannot be read: replace or delete it";
        if (Webhook.UrlProblem(webhook.Url) is { } problem) return problem;
        if (webhook.OpenSecret(keys) is null) return "its secret cannot be opened: set it anew";
        return OwnerOf(webhook, catalog.Current) is not null ? ""
            : webhook.Owner.Length == 0 || !catalog.Current.Users.ContainsKey(webhook.Owner)
                ? "its owner is no user any more: who sets its Url, Secret or Fingerprint is the next one"
                : $"its owner {webhook.Owner} may not write it any more";
    }

    /// <inheritdoc/>
    public async Task<WebhookBatch> NextAsync(Webhook webhook, EventPlace from, EventPlace? upTo, int most, int octets,
        CancellationToken cancellation)
    {
        // By an old view somebody would be told what it may not know any more.
        var readers = Readers(webhook, await catalog.ConfirmedAsync(cancellation));
        var patterns = webhook.Events.Select(EventPattern.Parse).OfType<EventPattern>()
            .Aggregate(EventPatterns.None, (all, one) => all.With(one));
        var (events, length, place, looked, ofWebhooks) = (new List<ReadOnlyMemory<byte>>(), 0L, from, 0, true);
        WebhookBatch Batch(bool hasMore) => new(events, place) { HasMore = hasMore, OfWebhooks = ofWebhooks };
        while (readers.Count > 0)
        {
            var read = await store.ReadAsync(place, Piece, cancellation);
            foreach (var happened in read)
            {
                if (upTo is { } last && happened.Place.IsAfter(last)) return Batch(hasMore: false) with { Reached = last };
                if (patterns.Hear(happened) && !IsOfItself(webhook, happened) && await MayHearAsync(readers, happened, cancellation))
                {
                    var text = EventJson.Of(happened);
                    if (events.Count > 0 && length + text.Length > octets) return Batch(hasMore: true);
                    events.Add(text);
                    (length, ofWebhooks) = (length + text.Length, ofWebhooks && IsOfWebhooks(happened));
                }

                place = happened.Place;
                if (events.Count >= most) return Batch(hasMore: true);
            }

            if (read.Count < Piece) return Batch(hasMore: false) with { Reached = upTo ?? place };
            if ((looked += read.Count) >= MostLooked) return Batch(hasMore: true);
        }

        return Batch(hasMore: false);
    }

    /// <summary>What webhooks tell of themselves: a dead letter, or that one was disabled.</summary>
    private static bool IsOfWebhooks(StoredEvent happened) => (happened.Type, happened.Principal) == (Webhook.Kind, Webhook.Teller);

    /// <summary>Of what became of its own deliveries none is made.</summary>
    private static bool IsOfItself(Webhook webhook, StoredEvent happened) => IsOfWebhooks(happened) && happened.Key == webhook.Name;

    /// <summary>The owner by now, while it is a user that may write the webhook; null when it is not.</summary>
    private static Principal? OwnerOf(Webhook webhook, CatalogSnapshot catalog)
        => catalog.Users.TryGetValue(webhook.Owner, out var user) && user.Validated
            && catalog.PrincipalOf(user) is var now && now.Reaches(Webhook.Kind, webhook.Name)
            && (now.HasRight(Webhook.Kind, "update", webhook.Name) || now.HasRight(Webhook.Kind, "create", "*")) ? now : null;

    /// <summary>All of these may hear of what is told; none where nothing is.</summary>
    private static IReadOnlyList<Principal> Readers(Webhook webhook, CatalogSnapshot catalog)
        => OwnerOf(webhook, catalog) is not { } owner ? [] : webhook.Grant?.Limit(owner, catalog.ClaimsOf) ?? [owner];

    private async Task<bool> MayHearAsync(IReadOnlyList<Principal> readers, StoredEvent happened, CancellationToken cancellation)
    {
        foreach (var reader in readers)
        {
            if (!await reach.MayHearAsync(reader, happened, cancellation)) return false;
        }

        return true;
    }
}
