namespace Anvil.Bench.Report;

/// <summary>What a median is held against: the ratio to the peer, or our own figure.</summary>
/// <param name="Limit">The least or the most.</param>
/// <param name="IsFloor">True: at least the limit; false: at most.</param>
/// <param name="OfRatio">True: ours divided by the peer's; false: ours.</param>
internal sealed record Goal(double Limit, bool IsFloor, bool OfRatio = true)
{
    /// <summary>The ratio is at least this.</summary>
    public static Goal AtLeast(double ratio) => new(ratio, true);

    /// <summary>The ratio is at most this.</summary>
    public static Goal AtMost(double ratio) => new(ratio, false);

    /// <summary>Our own figure is at least this.</summary>
    public static Goal OursAtLeast(double figure) => new(figure, true, false);

    /// <summary>Our own figure is at most this.</summary>
    public static Goal OursAtMost(double figure) => new(figure, false, false);

    /// <summary>True when it is reached.</summary>
    public bool IsMet(double ours, double ratio)
    {
        var value = OfRatio ? ratio : ours;
        return IsFloor ? value >= Limit : value <= Limit;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{(IsFloor ? '≥' : '≤')}{Limit.ToString(CultureInfo.InvariantCulture)}{(OfRatio ? "x" : "")}";
}
