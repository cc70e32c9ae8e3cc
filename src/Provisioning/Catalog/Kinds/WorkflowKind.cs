namespace Anvil.Provisioning.Catalog.Kinds;

/// <summary>Workflows (DRP's Workflow).</summary>
internal sealed class WorkflowKind() : CatalogKind<Workflow>("workflows")
{
    /// <inheritdoc/>
    public override IReadOnlyList<Reference> References { get; } =
    [
        new("Stages", "stages", d => ((Workflow)d).Stages)
        {
            Noun = "Stage",
            MustBeAvailable = true,
            InUse = (user, key) => $"Stage {key} in use by Workflow {user.Key}",
        },
    ];

    /// <inheritdoc/>
    public override Workflow Empty(string key) => new() { Name = key };

    /// <inheritdoc/>
    protected override IEnumerable<string> Problems(Workflow document, Workflow? old, CatalogSnapshot catalog)
        => [.. KindRules.Name(document.Name, old),
            .. old is not null && old.Stages.SequenceEqual(document.Stages) ? [] : TaskLists.Problems(document, catalog)];
}
