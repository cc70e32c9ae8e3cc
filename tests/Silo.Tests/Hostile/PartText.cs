using System.Text;

namespace Anvil.Silo.Tests.Hostile;

/// <summary>The text of a part of an archive: a beginning, something over and over, which takes no memory, and an end.</summary>
/// <param name="Name">The part.</param>
/// <param name="Head">What it begins with.</param>
/// <param name="Unit">What follows, over and over.</param>
/// <param name="Count">How often.</param>
/// <param name="Tail">What it ends with.</param>
internal sealed record PartText(string Name, string Head, string Unit = "", long Count = 0, string Tail = "")
{
    private const int Block = 1 << 16;

    /// <summary>Writes it.</summary>
    public void WriteTo(Stream stream)
    {
        stream.Write(Encoding.UTF8.GetBytes(Head));
        var atOnce = Math.Max(1, Block / Math.Max(1, Unit.Length));
        var many = Encoding.UTF8.GetBytes(new StringBuilder().Insert(0, Unit, atOnce).ToString());
        for (var rest = Count; rest > 0; rest -= atOnce)
            stream.Write(many.AsSpan(0, (int)(many.Length / atOnce * Math.Min(rest, atOnce))));
        stream.Write(Encoding.UTF8.GetBytes(Tail));
    }
}
