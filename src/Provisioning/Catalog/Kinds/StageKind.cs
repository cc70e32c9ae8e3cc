namespace Anvil.Provisioning.Catalog.Kinds;

/// <summary>Stages (DRP's Stage).</summary>
internal sealed class StageKind() : CatalogKind<Stage>("stages")
{
    /// <inheritdoc/>
    public override IReadOnlyList<Reference> References { get; } =
    [
        KindRules.Templates(d => ((Stage)d).Templates),
        To("/Tasks/*", "tasks", "Task", s => s.Tasks),
        To("/Profiles/*", "profiles", "Profile", s => s.Profiles),
        new("/BootEnv", "bootenvs", d => [((Stage)d).BootEnv])
        {
            Noun = "Bootenv",
            MustBeAvailable = true,
            Refuses = env => env is BootEnv { OnlyUnknown: true } ? "serves only unknown machines" : null,
        },
    ];

    /// <inheritdoc/>
    public override Stage Empty(string key) => new() { Name = key };

    /// <inheritdoc/>
    protected override Stage Fill(Stage document) => document with { RunnerWait = true };

    /// <inheritdoc/>
    protected override IEnumerable<string> Problems(Stage document, Stage? old, CatalogSnapshot catalog) =>
    [
        .. KindRules.Name(document.Name),
        .. KindRules.TemplateInfos(document.Templates, pathNeeded: true),
        .. CatalogRules.Values(document.Params, catalog),
    ];
}
