using System.Globalization;

namespace Anvil.Silo.Tests.Conformance;

/// <summary>A recorded exchange with a DRP server: what was asked, and what it answered.</summary>
/// <param name="Number">Its place in the recording; numbers are missing where an exchange was left out.</param>
/// <param name="Name">What it shows.</param>
/// <param name="Method">HTTP's method.</param>
/// <param name="Target">Path and query.</param>
/// <param name="RequestHeaders">Names and values.</param>
/// <param name="RequestBody">The body; "" for none.</param>
/// <param name="Status">HTTP's number.</param>
/// <param name="Headers">Names and values of the answer.</param>
/// <param name="Body">Its body.</param>
public sealed record Exchange(string Number, string Name, string Method, string Target,
    IReadOnlyList<KeyValuePair<string, string>> RequestHeaders, string RequestBody, int Status,
    IReadOnlyList<KeyValuePair<string, string>> Headers, string Body)
{
    private const string Separator = "\n-----\n";

    /// <summary>All recorded exchanges, in their order.</summary>
    public static IReadOnlyList<Exchange> All { get; }
        = [.. Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Conformance", "http"), "*.txt").Order(StringComparer.Ordinal)
            .Select(Read)];

    private static Exchange Read(string path)
    {
        var text = File.ReadAllText(path).ReplaceLineEndings("\n");
        var at = text.IndexOf(Separator, StringComparison.Ordinal);
        var (first, headers, body) = Parts(text[..at].TrimStart('\n'));
        var (line, answered, answer) = Parts(text[(at + Separator.Length)..]);
        var name = Path.GetFileNameWithoutExtension(path);
        var words = first.Split(' ');
        return new Exchange(name[..3], name[4..], words[0], words[1], headers, Sent(headers, body),
            int.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture), answered, answer.Trim());
    }

    private static (string First, IReadOnlyList<KeyValuePair<string, string>> Headers, string Body) Parts(string text)
    {
        var end = text.IndexOf("\n\n", StringComparison.Ordinal);
        var lines = (end < 0 ? text : text[..end]).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return (lines[0],
            [.. lines.Skip(1).Select(l => l.Split(": ", 2)).Select(p => KeyValuePair.Create(p[0], p.ElementAtOrDefault(1) ?? ""))],
            end < 0 ? "" : text[(end + 2)..]);
    }

    /// <summary>As much of the body as was said to come.</summary>
    private static string Sent(IReadOnlyList<KeyValuePair<string, string>> headers, string body)
        => headers.FirstOrDefault(h => h.Key == "Content-Length").Value is { } length
            ? body[..Math.Min(body.Length, int.Parse(length, CultureInfo.InvariantCulture))] : "";
}
