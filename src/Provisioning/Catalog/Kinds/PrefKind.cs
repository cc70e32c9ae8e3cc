using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Catalog.Kinds;

/// <summary>
/// Preferences (DRP's Pref): a row each in the store, one flat map in the API. Those that are not set have their defaults.
/// </summary>
internal sealed class PrefKind() : CatalogKind<Pref>("prefs")
{
    private const string Unknown = "unknownBootEnv";

    /// <inheritdoc/>
    public override bool HasOwnVerbs => true;

    /// <inheritdoc/>
    public override IReadOnlyList<Reference> References { get; } =
    [
        Named("bootenvs", "Bootenv", "defaultBootEnv", mustBeNamed: true),
        Named("bootenvs", "Bootenv", Unknown, mustBeNamed: true,
            env => env is BootEnv { OnlyUnknown: false } ? "cannot be used for unknown machines" : null),
        Named("stages", "Stage", "defaultStage", mustBeNamed: true),
        Named("workflows", "Workflow", "defaultWorkflow", mustBeNamed: false),
    ];

    /// <inheritdoc/>
    public override Pref Empty(string key) => new() { Name = key };

    /// <inheritdoc/>
    protected override IEnumerable<string> Problems(Pref document, Pref? old, CatalogSnapshot catalog)
        => Prefs.Problem(document.Name, document.Val) is { } problem ? [problem]
            : document.Name == Unknown && catalog.BootEnvs.TryGetValue(document.Val, out var env) && !env.OnlyUnknown
                ? [$"BootEnv {document.Val} cannot be used for the {Unknown}"]
            : References.SelectMany(r => r.Problems(document, catalog.Find)).Select(p => $"{document.Name}: {p}");

    /// <inheritdoc/>
    protected override IEnumerable<string> Lacks(Pref document, CatalogIndexes indexes)
        => Prefs.FormProblem(document.Name, document.Val) is { } problem ? [problem] : [];

    private static Reference Named(string kind, string noun, string name, bool mustBeNamed, Func<Document, string?>? refuses = null)
        => new("Val", kind, d => d is Pref pref && pref.Name == name ? [pref.Val] : [])
        {
            Noun = noun,
            MustBeAvailable = true,
            MustBeNamed = mustBeNamed,
            Refuses = refuses,
            InUse = (user, key) => kind == "bootenvs" ? $"BootEnv {key} is the active {user.Key}, cannot remove it"
                : $"{key} is the {user.Key}",
        };
}
