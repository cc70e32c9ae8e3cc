using Anvil.Contracts;
using Anvil.Contracts.Events;
using Anvil.Contracts.Webhooks;
using Anvil.Objects.Access;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Webhooks;

namespace Anvil.Objects.Webhooks;

/// <summary>What webhooks have beside the verbs of every kind: how they are, test deliveries, and what was given up.</summary>
public sealed class WebhookVerbs(ObjectFloor floor, GrainFinder grains, IWebhookFeed feed, IEventStore events,
    ChangeAllowance allowance, TimeProvider time)
{
    /// <summary>The right to send a test delivery.</summary>
    public const string PingRight = "ping";

    /// <summary>The right to send a dead letter once more, or to drop it.</summary>
    public const string RedeliverRight = "redeliver";

    /// <summary>How far deliveries are.</summary>
    /// <exception cref="ApiException">403, 404.</exception>
    public async Task<ObjectAnswer> StatusAsync(string text, ObjectRequest request, CancellationToken cancellation)
    {
        var webhook = await FindAsync(text, "get", "GET", request, cancellation);
        var known = await ReadAsync(webhook);
        var behind = EventPlace.Read(known.Place) is { } place
            ? (await events.ReadAsync(place, 1, cancellation)).FirstOrDefault()?.Time : null;
        var waits = known.Pending is { Attempts: > 0 } pending ? pending.Next : (DateTimeOffset?)null;
        static DateTimeOffset? Once(DateTimeOffset at) => at == default ? null : at;
        return ObjectAnswer.Of(new WebhookStatus
        {
            Name = webhook.Name,
            Enabled = webhook.Enabled,
            Stopped = feed.Stopped(webhook),
            Place = known.Place,
            BehindSince = behind,
            BehindSeconds = behind is { } since ? Math.Max(0, (long)(time.GetUtcNow() - since).TotalSeconds) : 0,
            Delivered = known.Delivered,
            Delivery = known.Pending?.Id ?? "",
            Attempts = known.Pending?.Attempts ?? 0,
            NextAttempt = waits,
            LastSuccess = Once(known.LastSuccess),
            LastFailure = Once(known.LastFailure),
            LastError = known.LastError,
            DeadLetters = known.DeadLetters.Count,
        });
    }

    /// <summary>Deliveries that were given up, the oldest first. Of what they tell nothing is shown.</summary>
    /// <exception cref="ApiException">403, 404.</exception>
    public async Task<ObjectAnswer> DeadLettersAsync(string text, ObjectRequest request, CancellationToken cancellation)
    {
        var webhook = await FindAsync(text, "get", "GET", request, cancellation);
        return ObjectAnswer.Of((await ReadAsync(webhook)).DeadLetters);
    }

    /// <summary>Sends a delivery that tells of nothing, and tells what became of it.</summary>
    /// <exception cref="ApiException">403, 404; 429.</exception>
    public async Task<ObjectAnswer> PingAsync(string text, ObjectRequest request, CancellationToken cancellation)
    {
        var webhook = await FindAsync(text, PingRight, "POST", request, cancellation);
        allowance.Take(request.Principal, Webhook.Kind, webhook.Name);
        return Told(await GrainCalls.ActAsync(() => grains.Webhook(webhook.Name).Ping()));
    }

    /// <summary>Sends a dead letter once more; when it is taken it is none any more.</summary>
    /// <exception cref="ApiException">403, 404; 429.</exception>
    public async Task<ObjectAnswer> RedeliverAsync(string text, string id, ObjectRequest request, CancellationToken cancellation)
    {
        var webhook = await FindAsync(text, RedeliverRight, "POST", request, cancellation);
        allowance.Take(request.Principal, Webhook.Kind, webhook.Name);
        return Told(await GrainCalls.ActAsync(() => grains.Webhook(webhook.Name).Redeliver(id)) ?? throw NoLetter(webhook, id, "POST"));
    }

    /// <summary>Forgets a dead letter; the answer is what it was.</summary>
    /// <exception cref="ApiException">403, 404; 429.</exception>
    public async Task<ObjectAnswer> DropAsync(string text, string id, ObjectRequest request, CancellationToken cancellation)
    {
        var webhook = await FindAsync(text, RedeliverRight, "DELETE", request, cancellation);
        allowance.Take(request.Principal, Webhook.Kind, webhook.Name);
        return ObjectAnswer.Of(await GrainCalls.ActAsync(() => grains.Webhook(webhook.Name).Drop(id))
            ?? throw NoLetter(webhook, id, "DELETE"));
    }

    /// <summary>Its state: that of one of the same name before it is none of its own.</summary>
    private async Task<WebhookState> ReadAsync(Webhook webhook)
        => (await GrainCalls.AskAsync(() => grains.Webhook(webhook.Name).Read())).For(webhook.Begins, "");

    private static ApiException NoLetter(Webhook webhook, string id, string type)
        => new(new ApiError(Webhook.Kind, webhook.Name, type, [$"{webhook.Name} has no dead letter {ShortText.Of(id, 64)}"], 404));

    private static ObjectAnswer Told(DeliveryOutcome outcome) => ObjectAnswer.Of(new WebhookAttempt
    {
        Delivery = outcome.Id,
        Taken = outcome.IsTaken(),
        Status = outcome.Status,
        Error = outcome.Error,
        Events = outcome.Events,
        Milliseconds = outcome.Milliseconds,
    });

    private async Task<Webhook> FindAsync(string text, string action, string type, ObjectRequest request, CancellationToken cancellation)
        => (Webhook)(await floor.RequireAsync(Webhook.Kind, text, action, type, request, cancellation)).Document;
}
