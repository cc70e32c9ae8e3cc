using Anvil.Provisioning.Documents;
using Anvil.Templates;

namespace Anvil.Provisioning.Catalog.Kinds;

/// <summary>
/// Templates (DRP's Template). All share one set of names, so none may define a name that is another's: which one counts would be chance.
/// </summary>
internal sealed class TemplateKind() : CatalogKind<Template>("templates", "ID")
{
    /// <inheritdoc/>
    public override bool HasSlashes => true;

    /// <inheritdoc/>
    public override Template Empty(string key) => new() { ID = key };

    /// <inheritdoc/>
    protected override IEnumerable<string> Problems(Template document, Template? old, CatalogSnapshot catalog) =>
    [
        .. KindRules.Name(document.ID, old, NameRules.IsTemplateName),
        .. Defined(document, catalog.TemplateSet),
    ];

    /// <inheritdoc/>
    protected override IEnumerable<string> Lacks(Template document, CatalogIndexes indexes)
        => indexes.Templates.Has(document.ID)
            ? indexes.Templates.DefinedBy(document.ID).Order(StringComparer.Ordinal)
                .Select(name => Foreign(document, name, indexes.Templates)).OfType<string>()
            : KindRules.Parsed($"template {document.ID}", document.Contents, document.ID);

    /// <inheritdoc/>
    protected override IEnumerable<string> Neighbours(Template document, CatalogIndexes indexes) => indexes.Templates.Sharing(document.ID);

    /// <inheritdoc/>
    protected override CatalogIndexes Index(CatalogIndexes indexes, Template? old, Template? now)
    {
        var templates = indexes.Templates;
        try
        {
            templates = now is null ? templates.Without(old!.ID) : templates.With(now.ID, now.Contents, now.ReadOnly);
        }
        catch (TemplateException)
        {
            // It is in the catalog, unavailable with the reason; nothing can call it.
            templates = templates.Without(now!.ID);
        }

        return indexes with { Templates = templates };
    }

    private static IEnumerable<string> Defined(Template document, TemplateSet templates)
    {
        try
        {
            return [.. TemplateSet.Definitions(document.ID, document.Contents).Select(name => Foreign(document, name, templates))
                .OfType<string>()];
        }
        catch (TemplateException e)
        {
            return [$"Parse error for template {document.ID}: {e.Message}"];
        }
    }

    private static string? Foreign(Template document, string name, TemplateSet templates)
        => templates.OwnerOf(name) is { } owner && owner != document.ID
            ? $"Template {document.ID} defines {name}, which belongs to template {owner}" : null;
}
