namespace Anvil.Objects;

/// <summary>Keys as paths name them: bare, or behind the name of an index that is unique (`Name:srv01`, DRP).</summary>
public static class KeyText
{
    /// <summary>The key, without the name of an index.</summary>
    /// <param name="text">As a path has it.</param>
    /// <param name="indexes">Names of the indexes whose values are the key.</param>
    public static string Bare(string text, params ReadOnlySpan<string> indexes)
    {
        foreach (var index in indexes)
        {
            if (text.Length > index.Length && text[index.Length] == ':' && text.StartsWith(index, StringComparison.Ordinal))
                return text[(index.Length + 1)..];
        }

        return text;
    }
}
