using Anvil.Provisioning.Documents;

namespace Anvil.Objects;

/// <summary>A row of a list as it is stored.</summary>
/// <param name="Prefix">Its kind.</param>
/// <param name="AsWritten">
/// The object's JSON text without making the object, given what is secret of params; null where that is not surely what it would be.
/// </param>
/// <param name="Read">Makes the object.</param>
public sealed record StoredRow(string Prefix, Func<Predicate<string>, string?> AsWritten, Func<Document> Read);
