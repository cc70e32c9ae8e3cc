using System.Text;

namespace Anvil.Templates;

/// <summary>Sprig's functions of capitals and of words written together.</summary>
internal static class CaseFunctions
{
    private enum Word
    {
        None,
        Number,
        Upper,
        Letters,
        Connector,
        Punctuation,
        Other,
    }

    public static IEnumerable<Function> All() =>
    [
        Function.Of("upper", "text", a => GoUnicode.Map(a.Text(0), GoUnicode.ToUpper)),
        Function.Of("lower", "text", a => GoUnicode.Map(a.Text(0), GoUnicode.ToLower)),
        Function.Of("title", "text", a => Title(a.Text(0))),
        Function.Of("untitle", "text", a => FirstOfWords(a.Text(0))),
        Function.Of("swapcase", "text", a => Swap(a.Text(0))),
        Function.Of("camelcase", "text", a => Camel(a.Text(0))),
        Function.Of("snakecase", "text", a => Separated(a, '_')),
        Function.Of("kebabcase", "text", a => Separated(a, '-')),
    ];

    /// <summary>The first letter of each word large; what is neither a letter nor a digit (nor _) comes between words.</summary>
    private static string Title(string text)
    {
        var before = new Rune(' ');
        return GoUnicode.Map(text, rune =>
        {
            var isFirst = IsSeparator(before);
            before = rune;
            return isFirst ? GoUnicode.ToTitle(rune) : rune;
        });
    }

    private static bool IsSeparator(Rune rune)
        => rune.IsAscii ? !(char.IsAsciiLetterOrDigit((char)rune.Value) || rune.Value == '_')
            : !Rune.IsLetter(rune) && !Rune.IsDigit(rune) && Rune.IsWhiteSpace(rune);

    private static string FirstOfWords(string text)
    {
        var isFirst = true;
        return GoUnicode.Map(text, rune =>
        {
            var change = isFirst && !Rune.IsWhiteSpace(rune);
            isFirst = Rune.IsWhiteSpace(rune);
            return change ? GoUnicode.ToLower(rune) : rune;
        });
    }

    private static string Swap(string text)
    {
        var isAfterSpace = true;
        return GoUnicode.Map(text, rune =>
        {
            if (Rune.IsUpper(rune) || GoUnicode.IsTitle(rune))
            {
                isAfterSpace = false;
                return GoUnicode.ToLower(rune);
            }

            if (!Rune.IsLower(rune))
            {
                isAfterSpace = Rune.IsWhiteSpace(rune);
                return rune;
            }

            var isFirst = isAfterSpace;
            isAfterSpace = false;
            return isFirst ? GoUnicode.ToTitle(rune) : GoUnicode.ToUpper(rune);
        });
    }

    private static bool IsConnector(Rune rune) => rune.Value is '-' or '_' || Rune.IsWhiteSpace(rune);

    /// <summary>Words with large first letters and nothing between them; what stands before the first stays.</summary>
    private static string Camel(string text)
    {
        var runes = text.EnumerateRunes().ToArray();
        var output = new StringBuilder(text.Length);
        var at = 0;
        while (at < runes.Length && IsConnector(runes[at])) output.Append(runes[at++].ToString());
        // Of nothing but connectors the last one stands twice, as it does in Sprig.
        if (at == runes.Length) return runes.Length == 0 ? "" : output.Append(runes[^1].ToString()).ToString();
        var now = GoUnicode.ToUpper(runes[at]);
        if (at + 1 == runes.Length) return output.Append(now.ToString()).ToString();
        for (at++; at < runes.Length; at++)
        {
            var before = now;
            now = runes[at];
            if (IsConnector(now) && IsConnector(before))
            {
                output.Append(before.ToString());
            }
            else if (IsConnector(before))
            {
                now = GoUnicode.ToUpper(now);
            }
            else
            {
                now = GoUnicode.ToLower(now);
                output.Append(before.ToString());
            }
        }

        return output.Append(now.ToString()).ToString();
    }

    /// <summary>Small words with a connector between them.</summary>
    private static string Separated(Arguments a, char connector)
    {
        a.Budget.MakePieces(a.Text(0).Length, a.Text(0).Length, 64);
        var words = Words(a.Text(0));
        var output = new StringBuilder(a.Text(0).Length * 2);
        var at = 0;
        (Word Kind, string Text) Next() => at < words.Count ? words[at++] : (Word.None, "");
        if (words.Count == 0) return "";
        var word = Next();
        while (at < words.Count)
        {
            if (word.Kind != Word.Connector) Append(output, word, connector);
            var last = word;
            word = Next();
            switch (last.Kind)
            {
                case Word.Number:
                    word = Attached(output, word, Next, connector);
                    if (IsJoined(word.Kind)) output.Append(connector);
                    break;
                case Word.Connector:
                    Append(output, last, connector);
                    break;
                case Word.Punctuation:
                    break;
                default:
                    if (word.Kind != Word.Number)
                    {
                        if (word.Kind is not (Word.Connector or Word.Punctuation)) output.Append(connector);
                        break;
                    }

                    if (at == words.Count) break;
                    var number = word;
                    word = Next();
                    if (word.Kind != Word.Letters)
                    {
                        Append(output, number, connector);
                        if (word.Kind is not (Word.Connector or Word.Punctuation)) output.Append(connector);
                        break;
                    }

                    output.Append(connector);
                    Append(output, number, connector);
                    word = Attached(output, word, Next, connector);
                    if (IsJoined(word.Kind)) output.Append(connector);
                    break;
            }
        }

        Append(output, word, connector);
        return output.ToString();
    }

    private static bool IsJoined(Word kind) => kind is not (Word.None or Word.Punctuation or Word.Connector);

    /// <summary>Writes numbers and small letters that follow at once; the word after them.</summary>
    private static (Word Kind, string Text) Attached(
        StringBuilder output, (Word Kind, string Text) word, Func<(Word Kind, string Text)> next, char connector)
    {
        for (; word.Kind is Word.Letters or Word.Number; word = next()) Append(output, word, connector);
        return word;
    }

    private static void Append(StringBuilder output, (Word Kind, string Text) word, char connector)
    {
        if (word.Kind is not (Word.Upper or Word.Connector))
        {
            output.Append(word.Text);
            return;
        }

        foreach (var rune in word.Text.EnumerateRunes())
        {
            if (IsConnector(rune)) output.Append(connector);
            else output.Append((Rune.IsUpper(rune) ? GoUnicode.ToLower(rune) : rune).ToString());
        }
    }

    private static List<(Word Kind, string Text)> Words(string text)
    {
        var runes = text.EnumerateRunes().ToArray();
        var words = new List<(Word, string)>();
        for (var at = 0; at < runes.Length;)
        {
            var kind = KindOf(runes[at]);
            var end = kind == Word.Upper ? UpperEnd(runes, at) : End(runes, at + 1, r => Continues(kind, r));
            words.Add((kind, string.Concat(runes[at..end].Select(r => r.ToString()))));
            at = end;
        }

        return words;
    }

    private static int End(Rune[] runes, int at, Func<Rune, bool> continues)
    {
        while (at < runes.Length && continues(runes[at])) at++;
        return at;
    }

    /// <summary>The end of a word that begins with a large letter: with small ones after it, or before the one that has them.</summary>
    private static int UpperEnd(Rune[] runes, int at)
    {
        if (at + 1 == runes.Length) return at + 1;
        if (!Rune.IsUpper(runes[at + 1])) return End(runes, at + 1, r => Continues(Word.Letters, r));
        var end = End(runes, at + 1, Rune.IsUpper);
        return end < runes.Length && IsSmall(runes[end]) ? end - 1 : end;
    }

    /// <summary>A letter of an alphabet, which Chinese characters are not.</summary>
    private static bool IsSmall(Rune rune)
        => Rune.IsLetter(rune)
            && rune.Value is not ((>= 0x3400 and <= 0x4D85) or (>= 0x4E00 and <= 0x9FCC) or (>= 0x20000 and <= 0x2B81D));

    private static bool Continues(Word kind, Rune rune) => kind switch
    {
        Word.Connector => IsConnector(rune),
        Word.Punctuation => GoUnicode.IsPunctuation(rune),
        Word.Letters => IsSmall(rune) && !Rune.IsUpper(rune),
        Word.Number => Rune.IsNumber(rune),
        _ => !IsConnector(rune) && !IsSmall(rune) && !Rune.IsNumber(rune) && !GoUnicode.IsPunctuation(rune),
    };

    private static Word KindOf(Rune rune)
        => IsConnector(rune) ? Word.Connector : GoUnicode.IsPunctuation(rune) ? Word.Punctuation : Rune.IsUpper(rune) ? Word.Upper
            : IsSmall(rune) ? Word.Letters : Rune.IsNumber(rune) ? Word.Number : Word.Other;
}
