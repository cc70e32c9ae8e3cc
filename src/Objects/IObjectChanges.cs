using System.Text.Json;
using Anvil.Provisioning.Documents;

namespace Anvil.Objects;

/// <summary>
/// How one kind's objects are changed, or how their changes are tried. What is given here was checked for rights and, documents, for their
/// shape.
/// </summary>
public interface IObjectChanges
{
    /// <summary>Makes an object.</summary>
    Task<ChangedObject> CreateAsync(Document document, ObjectRequest request, CancellationToken cancellation);

    /// <summary>Replaces an object.</summary>
    Task<ChangedObject> ReplaceAsync(FoundObject found, Document document, ObjectRequest request, CancellationToken cancellation);

    /// <summary>Patches an object.</summary>
    Task<ChangedObject> PatchAsync(FoundObject found, JsonElement patch, ObjectRequest request, CancellationToken cancellation);

    /// <summary>Deletes an object.</summary>
    Task<ChangedObject> DeleteAsync(FoundObject found, ObjectRequest request, CancellationToken cancellation);
}
