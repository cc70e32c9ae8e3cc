namespace Anvil.Objects;

/// <summary>Some rows of an export, in the list's order.</summary>
/// <param name="Rows">JSON texts, each made when it is asked for.</param>
/// <param name="Count">How many.</param>
/// <param name="Next">The place behind them; null where the list ends.</param>
public sealed record ExportedPage(IEnumerable<string> Rows, int Count, string? Next)
{
    /// <summary>Of the first page, where it is known: how many there are, whatever was asked for.</summary>
    public long? Total { get; init; }

    /// <summary>Of the first page, where it is known: how many the conditions leave.</summary>
    public long? Filtered { get; init; }

    /// <summary>What is kept no longer of what was asked for, in words; "" for nothing.</summary>
    public string Trimmed { get; init; } = "";
}
