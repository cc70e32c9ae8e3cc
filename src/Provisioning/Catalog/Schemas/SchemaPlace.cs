namespace Anvil.Provisioning.Catalog.Schemas;

/// <summary>A place within a value, from the inside out.</summary>
internal sealed record SchemaPlace(SchemaPlace? Parent, string Token)
{
    private const int LongestName = 100;

    /// <summary>The value itself, as DRP names it.</summary>
    public static SchemaPlace Root { get; } = new(null, "(root)");

    /// <summary>A name as it is told.</summary>
    public static string Shown(string name) => name.Length <= LongestName ? name : name[..LongestName] + "…";

    /// <summary>DRP's form: the names with dots between.</summary>
    public override string ToString()
    {
        if (Parent is null) return Token;
        var tokens = new Stack<string>();
        for (var place = this; place.Parent is not null; place = place.Parent) tokens.Push(Shown(place.Token));
        return string.Join('.', tokens);
    }
}
