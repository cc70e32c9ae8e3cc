using Anvil.Provisioning.Files;

namespace Anvil.Provisioning.Catalog.Kinds;

/// <summary>
/// Uploaded files, and ISOs: the catalog says of each which content it has, so that all silos know at once, and in one order.
/// </summary>
/// <param name="prefix">Name in paths and in the store.</param>
/// <param name="isFlat">Names have no slashes.</param>
/// <param name="empty">Makes one of a path.</param>
internal sealed class FileKind<T>(string prefix, bool isFlat, Func<string, T> empty) : CatalogKind<T>(prefix, "Path")
    where T : StoredFile
{
    /// <inheritdoc/>
    public override bool HasSlashes => !isFlat;

    /// <inheritdoc/>
    public override bool HasOwnVerbs => true;

    /// <inheritdoc/>
    public override T Empty(string key) => empty(key);

    /// <inheritdoc/>
    protected override IEnumerable<string> Problems(T document, T? old, CatalogSnapshot catalog)
    {
        if (FilePaths.Problem(document.Path) is { } problem) yield return problem;
        if (isFlat && document.Path.Contains('/', StringComparison.Ordinal)) yield return "the name of an ISO has no slashes";
        if (!Sha256Text.IsOne(document.Sha256)) yield return "Sha256 is 64 digits in hex of small letters";
        if (document.Size < 0) yield return "Size is not less than 0";
        var all = catalog.OfKind(Prefix);
        if (all.ContainsKey(document.Path)) yield break;
        if (all.Count >= FileBounds.Most) yield return $"there are at most {FileBounds.Most} {Prefix}";
        if (FilePaths.InTheWay(all.Keys, document.Path) is { } other) yield return $"{other} is in the way of {document.Path}";
    }
}
