using System.Text;

namespace Anvil.Provisioning.Tests.Boot.Kickstarts;

/// <summary>Words of a line, by the rules of the POSIX shell as far as Python's shlex has them, which Anaconda splits with.</summary>
internal static class ShellWords
{
    /// <summary>Splits a line.</summary>
    /// <param name="line">The line, with its end.</param>
    /// <param name="hasComments">`#` outside of quotes ends the line.</param>
    /// <param name="problem">Why it cannot be split; null: it can.</param>
    public static List<string> Split(string line, bool hasComments, out string? problem)
    {
        var words = new List<string>();
        StringBuilder? word = null;
        problem = null;
        for (var i = 0; i < line.Length; i++)
        {
            var c = line[i];
            if (c is ' ' or '\t' or '\r' or '\n')
            {
                if (word is not null) words.Add(word.ToString());
                word = null;
                continue;
            }

            if (hasComments && c == '#') break;
            word ??= new StringBuilder();
            if (c is '"' or '\'')
            {
                if (!Quoted(line, ref i, c, word)) problem ??= "a quotation is not closed";
            }
            else if (c != '\\')
            {
                word.Append(c);
            }
            else if (++i < line.Length)
            {
                word.Append(line[i]);
            }
            else
            {
                problem ??= "a backslash escapes nothing";
            }
        }

        if (word is not null) words.Add(word.ToString());
        return words;
    }

    /// <summary>What is between quotes; in double ones a backslash means something before itself and a quote alone.</summary>
    private static bool Quoted(string line, ref int at, char quote, StringBuilder word)
    {
        for (at++; at < line.Length; at++)
        {
            if (line[at] == quote) return true;
            if (quote == '"' && line[at] == '\\' && at + 1 < line.Length && (line[at + 1] is '"' or '\\')) at++;
            word.Append(line[at]);
        }

        return false;
    }
}
