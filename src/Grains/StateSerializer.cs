using System.Text.Json;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Jobs;
using Orleans.Storage;

namespace Anvil.Grains;

/// <summary>Grain state as JSON with the API's field names, so that the storage's SQL can read it.</summary>
public sealed class StateSerializer : IGrainStorageSerializer
{
    /// <inheritdoc/>
    /// <exception cref="ApiException">413: a machine, with its job, is longer than what is read again.</exception>
    public BinaryData Serialize<T>(T? input)
    {
        var state = JsonSerializer.SerializeToUtf8Bytes(input, Json.Options);
        if (input is MachineState { Machine: { } machine }) StoredDocument.Check(machine, state.Length);
        return new(state);
    }

    /// <inheritdoc/>
    public T Deserialize<T>(BinaryData input) => typeof(T) == typeof(MachineState)
        ? (T)(object)MachineState.ReadStored(input.ToMemory().Span) : JsonSerializer.Deserialize<T>(input.ToMemory().Span, Json.Options)!;
}
