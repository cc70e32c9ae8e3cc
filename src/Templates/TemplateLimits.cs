namespace Anvil.Templates;

/// <summary>Bounds on one execution, so that no template of a content pack can exhaust the server.</summary>
/// <param name="OutputCharacters">Most characters of output.</param>
/// <param name="Steps">Most nodes evaluated.</param>
/// <param name="Depth">Deepest template call.</param>
public sealed record TemplateLimits(int OutputCharacters, int Steps, int Depth)
{
    /// <summary>8 Mi characters, a million steps, 100 calls deep.</summary>
    public static TemplateLimits Default { get; } = new(8 << 20, 1_000_000, 100);
}
