namespace Anvil.Provisioning.Documents;

/// <summary>Texts that are cut where they are too long for what they are kept in.</summary>
public static class ShortText
{
    /// <summary>The text, or its beginning and a mark that it went on; never half a character.</summary>
    /// <param name="text">The text.</param>
    /// <param name="most">UTF-16 units that are kept.</param>
    public static string Of(string text, int most)
        => text.Length <= most ? text : text[..(char.IsHighSurrogate(text[most - 1]) ? most - 1 : most)] + "…";
}
