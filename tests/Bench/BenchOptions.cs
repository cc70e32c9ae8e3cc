namespace Anvil.Bench;

/// <summary>How much is measured, and with what.</summary>
/// <param name="IsQuick">Fewer and shorter runs: all in ten minutes.</param>
/// <param name="Runs">Alternating runs of each case.</param>
/// <param name="Drp">DRP's server; "": its recorded figures.</param>
/// <param name="Folder">Folder for data, on the repository's disk.</param>
internal sealed record BenchOptions(bool IsQuick, int Runs, string Drp, string Folder)
{
    /// <summary>Root of the repository.</summary>
    public static string Repository { get; } = Anvil.Support.Repository.Root;

    /// <summary>Seconds of one load.</summary>
    public int Seconds => IsQuick ? 2 : 5;

    /// <summary>Machines that are defined where many are.</summary>
    public int Machines => IsQuick ? 2_000 : 10_000;
}
