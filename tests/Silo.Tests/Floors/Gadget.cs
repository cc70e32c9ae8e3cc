using System.Collections.Frozen;
using System.Text.Json;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;

namespace Anvil.Silo.Tests.Floors;

/// <summary>A document of a kind that Anvil does not have.</summary>
public sealed record Gadget : Document, IParamHolder
{
    public string Name { get; init => field = value ?? ""; } = "";

    public string Colour { get; init => field = value ?? ""; } = "";

    public string Pin { get; init => field = value ?? ""; } = "";

    public IReadOnlyDictionary<string, JsonElement> Params { get; init => field = value ?? new Dictionary<string, JsonElement>(); } =
        new Dictionary<string, JsonElement>();

    public override string Key => Name;

    public override string Prefix => "gadgets";

    Document IParamHolder.WithParams(IReadOnlyDictionary<string, JsonElement> values) => this with { Params = values };
}

/// <summary>All that there is to say of it.</summary>
internal sealed class GadgetKind() : CatalogKind<Gadget>("gadgets")
{
    public override bool HasSlashes => true;

    public override IReadOnlySet<string> WriteOnly { get; } = FrozenSet.ToFrozenSet([nameof(Gadget.Pin)], StringComparer.Ordinal);

    public override Document Shown(Document document) => (Gadget)document with { Pin = "" };

    public override Gadget Empty(string key) => new() { Name = key };

    protected override Gadget Fill(Gadget document) => document.Colour.Length > 0 ? document : document with { Colour = "grey" };

    protected override Gadget Keep(Gadget document, Gadget old) => document.Pin.Length > 0 ? document : document with { Pin = old.Pin };

    protected override IEnumerable<string> Problems(Gadget document, Gadget? old, CatalogSnapshot catalog)
        => document.Colour == "pink" ? ["no gadget is pink"] : [];
}
