using Anvil.Provisioning.Documents;

namespace Anvil.Contracts.Catalog;

/// <summary>A change of one catalog document; a null document deletes it.</summary>
public sealed record CatalogChange(string Prefix, string Key, Document? Document)
{
    /// <summary>The document was not there before.</summary>
    public bool IsNew { get; init; }

    /// <summary>The event that tells of it: create, update or delete.</summary>
    public string Action => Document is null ? "delete" : IsNew ? "create" : "update";
}
