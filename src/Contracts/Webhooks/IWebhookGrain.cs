using Anvil.Provisioning.Webhooks;
using Orleans.CodeGeneration;
using Orleans.Concurrency;

namespace Anvil.Contracts.Webhooks;

/// <summary>Delivers to one webhook, by its name: one delivery after another, each until it is taken or given up.</summary>
[Alias("anvil.IWebhookGrain"), Version(1)]
public interface IWebhookGrain : IGrainWithStringKey
{
    /// <summary>The webhook may have come, changed or gone: delivers, or forgets what it has stored.</summary>
    [Alias("Wake"), AlwaysInterleave]
    Task Wake();

    /// <summary>How far it is, as it was last stored.</summary>
    [Alias("Read"), AlwaysInterleave]
    Task<WebhookState> Read();

    /// <summary>Sends a delivery that tells of nothing.</summary>
    [Alias("Ping"), AlwaysInterleave, ResponseTimeout("00:05:00")]
    Task<DeliveryOutcome> Ping();

    /// <summary>Sends a dead letter once more; it is none any more when it is taken. Null: there is none of this id.</summary>
    [Alias("Redeliver"), AlwaysInterleave, ResponseTimeout("00:05:00")]
    Task<DeliveryOutcome?> Redeliver(string id);

    /// <summary>Forgets a dead letter; null: there is none of this id.</summary>
    [Alias("Drop"), AlwaysInterleave]
    Task<DeadLetter?> Drop(string id);
}

/// <summary>What became of one attempt.</summary>
/// <param name="Id">The delivery.</param>
/// <param name="Status">HTTP's status of the answer; 0 for none.</param>
/// <param name="Error">Why it was not taken; "" when it was.</param>
[GenerateSerializer, Immutable, Alias("anvil.DeliveryOutcome")]
public sealed record DeliveryOutcome([property: Id(0)] string Id, [property: Id(1)] int Status, [property: Id(2)] string Error)
{
    /// <summary>Events that it told of.</summary>
    [Id(3)]
    public int Events { get; init; }

    /// <summary>Milliseconds that it took.</summary>
    [Id(4)]
    public long Milliseconds { get; init; }

    /// <summary>True when the receiver took it.</summary>
    public bool IsTaken() => Error.Length == 0;
}
