namespace Anvil.Provisioning.Catalog;

/// <summary>What happened to the stored documents since a revision.</summary>
/// <param name="Revision">The newest revision.</param>
/// <param name="Written">Documents that were made or changed, each once, as they are now.</param>
/// <param name="Removed">Documents that are gone.</param>
/// <param name="IsWhole">The store no longer knows what was deleted since then: <see cref="Written"/> is all that there is.</param>
public sealed record CatalogDelta(long Revision, IReadOnlyList<CatalogEntry> Written, IReadOnlyList<DocumentKey> Removed, bool IsWhole);
