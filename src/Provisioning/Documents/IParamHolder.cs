using System.Text.Json;

namespace Anvil.Provisioning.Documents;

/// <summary>
/// A document that gives machines values of params. That is all that its kind has to say of them: they are sealed, shown and changed
/// alike, whatever holds them.
/// </summary>
public interface IParamHolder
{
    /// <summary>The values by name.</summary>
    IReadOnlyDictionary<string, JsonElement> Params { get; }

    /// <summary>The same document with other values.</summary>
    Document WithParams(IReadOnlyDictionary<string, JsonElement> values);
}
