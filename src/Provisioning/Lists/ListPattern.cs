using System.Text.RegularExpressions;

namespace Anvil.Provisioning.Lists;

/// <summary>
/// A regular expression that takes time in proportion to the text (as Go's, which DRP uses): without look-around and back references. Go's
/// `(?P&lt;name&gt;…)` is read, too.
/// </summary>
public sealed class ListPattern
{
    private readonly Regex _regex;

    private ListPattern(Regex regex) => _regex = regex;

    /// <summary>Reads a pattern.</summary>
    /// <exception cref="FormatException">It cannot be read, or not be run in that time; the message says why.</exception>
    public static ListPattern Parse(string text)
    {
        if (text.Length > ListBounds.PatternLength)
            throw new FormatException($"a regular expression has at most {ListBounds.PatternLength} characters");
        try
        {
            var own = text.Replace("(?P<", "(?<", StringComparison.Ordinal);
            const RegexOptions Options = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant;
            return new ListPattern(new Regex(own, Options, TimeSpan.FromSeconds(ListBounds.PatternSeconds)));
        }
        catch (ArgumentException e)
        {
            throw new FormatException(e.Message, e);
        }
        catch (NotSupportedException e) when (e.Message.Contains("automata", StringComparison.Ordinal))
        {
            throw new FormatException("the regular expression repeats too much", e);
        }
        catch (NotSupportedException e)
        {
            throw new FormatException("a regular expression has no look-around, back references, atomic groups or conditions", e);
        }
    }

    /// <summary>True when the pattern is found in the text.</summary>
    /// <exception cref="RegexMatchTimeoutException">It took too long.</exception>
    internal bool IsMatch(string text) => _regex.IsMatch(text);
}
