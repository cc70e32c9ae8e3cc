using System.Text.Json;
using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Catalog.Kinds;

/// <summary>Definitions of params (DRP's Param).</summary>
internal sealed class ParamKind() : CatalogKind<Param>("params")
{
    /// <inheritdoc/>
    public override Param Empty(string key) => new() { Name = key };

    /// <inheritdoc/>
    protected override IEnumerable<string> Problems(Param document, Param? old, CatalogSnapshot catalog)
        => [.. NameRules.IsParamName(document.Name) ? [] : KindRules.Invalid(document.Name), .. Schema(document)];

    private static IEnumerable<string> Schema(Param param)
    {
        if (param.Schema.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null) yield break;
        if (param.Schema.ValueKind != JsonValueKind.Object) yield return "Schema must be a JSON object";
        else if (param.Schema.TryGetProperty("default", out var value) && CatalogRules.Schemas.Problem(param.Name, value, param.Schema) is { } problem) yield return problem;
    }
}
