namespace Anvil.Provisioning.Catalog.Schemas;

/// <summary>A place within a value, from the inside out.</summary>
internal sealed record SchemaPlace(SchemaPlace? Parent, string Token)
{
    /// <summary>The value itself, as DRP names it.</summary>
    public static SchemaPlace Root { get; } = new(null, "(root)");

    /// <summary>DRP's form: the names with dots between.</summary>
    public override string ToString()
    {
        if (Parent is null) return Token;
        var tokens = new Stack<string>();
        for (var place = this; place.Parent is not null; place = place.Parent) tokens.Push(place.Token);
        return string.Join('.', tokens);
    }
}
