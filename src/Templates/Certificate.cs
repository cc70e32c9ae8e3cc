namespace Anvil.Templates;

/// <summary>A certificate and its key, in PEM.</summary>
internal sealed record Certificate(string Cert, string Key) : IGoObject
{
    public string Type => "sprig.certificate";

    public string Text => $"{{{Cert} {Key}}}";

    public object Json => new TemplateMap { ["Cert"] = Cert, ["Key"] = Key };

    public bool TryGet(string name, IReadOnlyList<object?> arguments, RenderBudget budget, out object? value)
    {
        value = name switch { "Cert" => Cert, "Key" => Key, _ => null };
        return value is not null && arguments.Count == 0;
    }

    public override string ToString() => Text;
}
