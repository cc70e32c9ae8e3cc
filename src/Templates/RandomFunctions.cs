using System.Security.Cryptography;
using System.Text;

namespace Anvil.Templates;

/// <summary>Sprig's random texts and numbers, all from the system's secure source.</summary>
internal static class RandomFunctions
{
    private const string Letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    private const string Digits = "0123456789";

    /// <summary>Most characters and octets of one text.</summary>
    private const int Most = 1_000_000;

    public static IEnumerable<Function> All() =>
    [
        Function.Own("randAlphaNum", "int", a => Text(a, Letters + Digits)),
        Function.Own("randAlpha", "int", a => Text(a, Letters)),
        Function.Own("randNumeric", "int", a => Text(a, Digits)),
        Function.Own("randAscii", "int", a => Text(a, string.Concat(Enumerable.Range(32, 95).Select(c => (char)c)))),
        Function.Own("randBytes", "int", Octets),
        Function.Own("randInt", "int int", Number),
        Function.Of("shuffle", "text", Shuffle),
        Function.Own("uuidv4", "", _ => Guid.NewGuid().ToString()),
    ];

    private static int Size(Arguments a)
        => a.Int(0) is var n and >= 0 and <= Most ? (int)n : throw new TemplateFault($"{a.Int(0)} is not between 0 and {Most}");

    private static string Text(Arguments a, string alphabet)
    {
        // Sprig gives nothing for what is less than nothing.
        if (a.Int(0) < 0) return "";
        var size = Size(a);
        a.Budget.Step(1 + (size / 8));
        a.Budget.MakeText(2L * size);
        return RandomNumberGenerator.GetString(alphabet, size);
    }

    private static object? Octets(Arguments a)
    {
        var size = Size(a);
        a.Budget.MakeText(4L * size);
        return Convert.ToBase64String(RandomNumberGenerator.GetBytes(size));
    }

    private static object? Number(Arguments a)
    {
        var (least, end) = (a.Int(0), a.Int(1));
        if (end <= least) throw new TemplateFault("invalid argument to Intn");
        var size = (ulong)end - (ulong)least;
        // What is beyond the last whole multiple is drawn again, so that all are as likely.
        ulong drawn;
        do drawn = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8));
        while (drawn >= ulong.MaxValue - (ulong.MaxValue % size));
        return (long)((ulong)least + (drawn % size));
    }

    private static object? Shuffle(Arguments a)
    {
        a.Budget.MakePieces(a.Text(0).Length, a.Text(0).Length, 16);
        var runes = a.Text(0).EnumerateRunes().ToArray();
        RandomNumberGenerator.Shuffle(runes.AsSpan());
        var output = new StringBuilder(a.Text(0).Length);
        foreach (var rune in runes) output.Append(rune.ToString());
        return output.ToString();
    }
}
