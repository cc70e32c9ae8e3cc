using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Catalog;

/// <summary>A field that documents of a kind are found by, without looking at each.</summary>
/// <param name="Field">Its name.</param>
/// <param name="Values">The values that a document is found by.</param>
public sealed record FieldIndex(string Field, Func<Document, IEnumerable<string>> Values);
