using System.Text;
using System.Text.RegularExpressions;
using Anvil.Templates;

namespace Anvil.Provisioning.Catalog.Schemas;

/// <summary>
/// A pattern of a schema: matched in linear time where .NET can, which counts as work, else with a short time limit. ECMA 262's meaning
/// (JSON Schema, section 4.3) where .NET's is another: `$` is the very end, `\d` and `\w` are of ASCII.
/// </summary>
internal sealed class SchemaPattern
{
    private readonly Regex _regex;

    private SchemaPattern(Regex regex, int size, bool isLinear)
    {
        _regex = regex;
        Size = size;
        IsLinear = isLinear;
    }

    /// <summary>Characters, with counted repetitions written out.</summary>
    public int Size { get; }

    /// <summary>True when the time of a match grows with the text's length alone.</summary>
    public bool IsLinear { get; }

    /// <summary>Reads a pattern.</summary>
    /// <exception cref="SchemaFault">It is none, or too large.</exception>
    public static SchemaPattern Read(string pattern, string pointer)
    {
        if (pattern.Length > SchemaLimits.PatternLength)
            throw new SchemaFault($"{pointer}: a pattern has at most {SchemaLimits.PatternLength} characters");
        var size = PatternSize.Of(pattern);
        if (size > SchemaLimits.PatternSize)
            throw new SchemaFault($"{pointer}: the pattern's repetitions come to more than {SchemaLimits.PatternSize} characters");
        var text = Translate(pattern);
        try
        {
            // Bounded by the steps of its text and size: a clock would refuse good values where the machine is busy with other things.
            return new(new Regex(text, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant), (int)size, isLinear: true);
        }
        catch (NotSupportedException)
        {
            var limit = TimeSpan.FromMilliseconds(SchemaLimits.PatternMilliseconds);
            return new(new Regex(text, RegexOptions.CultureInvariant, limit), (int)size, isLinear: false);
        }
        catch (ArgumentException)
        {
            throw new SchemaFault($"{pointer}: \"{pattern}\" is no regular expression");
        }
    }

    /// <summary>True when the pattern is found in a text.</summary>
    /// <exception cref="SchemaOverrun">It takes too long.</exception>
    public bool IsMatch(string text)
    {
        try
        {
            return _regex.IsMatch(text);
        }
        catch (RegexMatchTimeoutException)
        {
            throw new SchemaOverrun("its pattern takes too long to match");
        }
    }

    private static string Translate(string pattern)
    {
        var text = new StringBuilder(pattern.Length + 8);
        var inClass = false;
        for (var i = 0; i < pattern.Length; i++)
        {
            var c = pattern[i];
            if (c == '\\' && i + 1 < pattern.Length)
            {
                i++;
                text.Append((pattern[i], inClass) switch
                {
                    ('d', false) => "[0-9]",
                    ('d', true) => "0-9",
                    ('D', false) => "[^0-9]",
                    ('w', false) => "[A-Za-z0-9_]",
                    ('w', true) => "A-Za-z0-9_",
                    ('W', false) => "[^A-Za-z0-9_]",
                    (var other, _) => "\\" + other,
                });
                continue;
            }

            inClass = inClass ? c != ']' : c == '[';
            text.Append(c == '$' && !inClass ? "\\z" : c.ToString());
        }

        return text.ToString();
    }
}
