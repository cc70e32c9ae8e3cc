using System.Text.Json;
using Anvil.Contracts.Access;
using Anvil.Provisioning.Access;

namespace Anvil.Objects.Access;

/// <summary>Seals and opens secure params with the keys that follow from the silo's master key.</summary>
public sealed class ParamSecrets(ParamKeys keys) : IParamSecrets
{
    /// <inheritdoc/>
    public byte[] PublicKey(string prefix, string key) => keys.Of(prefix, key).Public.Octets.ToArray();

    /// <inheritdoc/>
    public bool IsSealed(JsonElement value) => SecureParams.IsSealed(value);

    /// <inheritdoc/>
    public JsonElement Seal(string prefix, string key, JsonElement value) => SecureParams.IsSealed(value) ? value : SecureParams.Seal(value, keys.Of(prefix, key).Public);

    /// <inheritdoc/>
    public bool TryOpen(string prefix, string key, JsonElement value, out JsonElement opened)
    {
        opened = value;
        return !SecureParams.IsSealed(value) || SecureParams.TryOpen(value, keys.Of(prefix, key), out opened);
    }
}
