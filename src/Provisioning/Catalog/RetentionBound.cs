namespace Anvil.Provisioning.Catalog;

/// <summary>How much of something is kept.</summary>
/// <param name="What">Of what (<see cref="RetentionRules"/>).</param>
/// <param name="Age">How long.</param>
/// <param name="Most">How many; of job logs octets.</param>
public sealed record RetentionBound(string What, TimeSpan Age, long Most)
{
    /// <summary>The preferences that say so: the age, and the number where there is one.</summary>
    public IReadOnlyList<string> Prefs { get; init; } = [];
}
