namespace Anvil.Provisioning.Catalog.Kinds;

/// <summary>Stages (DRP's Stage).</summary>
internal sealed class StageKind() : CatalogKind<Stage>("stages")
{
    /// <inheritdoc/>
    public override IReadOnlyList<Reference> References { get; } =
    [
        KindRules.Templates(d => ((Stage)d).Templates),
        new("Tasks", "tasks", d => ((Stage)d).Tasks.Select(t => t == TaskEntries.OwnContext ? "" : t))
        {
            Noun = "Task",
            Missing = (place, task) => task.StartsWith(TaskEntries.OwnContext, StringComparison.Ordinal)
                ? $"Task {task}: Anvil has no contexts, tasks run on the machine itself" : $"Task {task} (at {place}) does not exist",
        },
        new("Profiles", "profiles", d => ((Stage)d).Profiles)
        {
            Noun = "Profile",
            InUse = (user, key) => $"Stage {user.Key} is using profile {key}",
        },
        new("BootEnv", "bootenvs", d => [((Stage)d).BootEnv])
        {
            Noun = "BootEnv",
            MustBeAvailable = true,
            InUse = (user, key) => $"Bootenv {key} in use by Stage {user.Key}",
            Refuses = env => env is BootEnv { OnlyUnknown: true } ? "serves only unknown machines" : null,
        },
    ];

    /// <inheritdoc/>
    public override Stage Empty(string key) => new() { Name = key };

    /// <inheritdoc/>
    protected override Stage Fill(Stage document) => document with { RunnerWait = true, Partial = false };

    /// <inheritdoc/>
    protected override IEnumerable<string> Problems(Stage document, Stage? old, CatalogSnapshot catalog)
        => KindRules.Bounded(ContentBounds.Of(document), () =>
    [
        .. KindRules.Name(document.Name, old),
        .. KindRules.TemplateInfos(document.Templates, pathNeeded: true),
        .. CatalogRules.Values(document.Params, catalog),
        // What others have lengthened since stands in the way of no other change.
        .. old is not null && old.Tasks.SequenceEqual(document.Tasks) ? [] : TaskLists.Problems(document, catalog),
    ]);

    /// <inheritdoc/>
    protected override IEnumerable<string> Lacks(Stage document, CatalogIndexes indexes) => ContentBounds.Of(document);
}
