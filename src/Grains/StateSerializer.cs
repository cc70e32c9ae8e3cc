using System.Text.Json;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Jobs;
using Anvil.Provisioning.Webhooks;
using Orleans.Storage;

namespace Anvil.Grains;

/// <summary>Grain state as JSON with the API's field names, so that the storage's SQL can read it.</summary>
public sealed class StateSerializer : IGrainStorageSerializer
{
    /// <inheritdoc/>
    public BinaryData Serialize<T>(T? input) => new(JsonSerializer.SerializeToUtf8Bytes(input, Json.Options));

    /// <inheritdoc/>
    public T Deserialize<T>(BinaryData input) => typeof(T) == typeof(MachineState)
        ? (T)(object)MachineState.ReadStored(input.ToMemory().Span)
        : typeof(T) == typeof(WebhookState) ? (T)(object)WebhookState.ReadStored(input.ToMemory().Span)
        : JsonSerializer.Deserialize<T>(input.ToMemory().Span, Json.Options)!;
}
