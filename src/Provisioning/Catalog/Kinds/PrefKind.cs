using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Catalog.Kinds;

/// <summary>
/// Preferences (DRP's Pref): a row each in the store, one flat map in the API. Those that are not set have their defaults.
/// </summary>
internal sealed class PrefKind() : CatalogKind<Pref>("prefs")
{
    /// <inheritdoc/>
    public override IReadOnlyList<Reference> References { get; } =
    [
        Named("bootenvs", "Bootenv", "defaultBootEnv", "unknownBootEnv"),
        Named("stages", "Stage", "defaultStage"),
        Named("workflows", "Workflow", "defaultWorkflow"),
    ];

    /// <inheritdoc/>
    public override Pref Empty(string key) => new() { Name = key };

    /// <inheritdoc/>
    protected override IEnumerable<string> Problems(Pref document, Pref? old, CatalogSnapshot catalog)
        => Prefs.Problem(document.Name, document.Val, catalog) is { } problem ? [problem] : [];

    /// <inheritdoc/>
    protected override IEnumerable<string> Lacks(Pref document, CatalogIndexes indexes)
        => Prefs.FormProblem(document.Name, document.Val) is { } problem ? [problem] : [];

    private static Reference Named(string kind, string noun, params string[] names)
        => new("/Val", kind, d => d is Pref pref && names.Contains(pref.Name, StringComparer.Ordinal) ? [pref.Val] : [])
        {
            Noun = noun,
            MustBeAvailable = true,
            InUse = (user, key) => $"{key} is the {user.Key}",
        };
}
