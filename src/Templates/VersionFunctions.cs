namespace Anvil.Templates;

/// <summary>Sprig's functions of semantic versions.</summary>
internal static class VersionFunctions
{
    /// <summary>What one bound of a range takes: patterns are matched.</summary>
    private const int OctetsOfBound = 4096;

    public static IEnumerable<Function> All() =>
    [
        Function.Of("semver", "text", a =>
        {
            a.Budget.MakePieces(4L * a.Text(0).Length, 2, OctetsOfBound);
            return SemanticVersion.Parse(a.Text(0));
        }),
        Function.Of("semverCompare", "text text", a =>
        {
            var (range, version) = (a.Text(0), a.Text(1));
            a.Budget.MakePieces(8L * (range.Length + version.Length), range.AsSpan().CountAny(',', '|', ' ') + 2L, OctetsOfBound);
            return VersionRange.Parse(range).Has(SemanticVersion.Parse(version));
        }),
    ];
}
