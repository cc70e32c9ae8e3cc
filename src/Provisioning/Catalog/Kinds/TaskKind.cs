using Anvil.Provisioning.Access;

namespace Anvil.Provisioning.Catalog.Kinds;

/// <summary>Tasks (DRP's Task).</summary>
internal sealed class TaskKind() : CatalogKind<TaskDefinition>("tasks")
{
    private const string Flags = "feature-flags";

    /// <inheritdoc/>
    public override IReadOnlyList<Reference> References { get; } =
    [
        KindRules.Templates(d => ((TaskDefinition)d).Templates),
        To("Prerequisites", "tasks", "Task", t => t.Prerequisites),
        To(nameof(TaskDefinition.ExtraRoles), "roles", "Role", t => t.ExtraRoles),
    ];

    /// <inheritdoc/>
    public override TaskDefinition Empty(string key) => new() { Name = key };

    /// <inheritdoc/>
    protected override TaskDefinition Fill(TaskDefinition document)
    {
        var flags = document.Meta.TryGetValue(Flags, out var all) ? all : "";
        if (flags.Contains("original-exit-codes", StringComparison.Ordinal) || flags.Contains("sane-exit-codes", StringComparison.Ordinal))
            return document;
        var meta = new Dictionary<string, string>(document.Meta)
        {
            [Flags] = flags.Length == 0
            ? "sane-exit-codes" : flags + ",sane-exit-codes"
        };
        return document with { Meta = meta };
    }

    /// <inheritdoc/>
    protected override IEnumerable<string> Problems(TaskDefinition document, TaskDefinition? old, CatalogSnapshot catalog)
        => KindRules.Bounded(ContentBounds.Of(document), () =>
        [.. KindRules.Name(document.Name, old), .. KindRules.TemplateInfos(document.Templates, pathNeeded: false),
            .. Circular(document, catalog),
            .. old is not null && old.Prerequisites.SequenceEqual(document.Prerequisites) ? [] : TaskLists.Problems(document, catalog),
            .. document.ExtraRoles.Where(r => !catalog.HasRole(r)).Select(r => $"ExtraRoles: there is no role {r}"),
            .. document.ExtraClaims.Where(c => c.Scope.Length == 0 || c.Action.Length == 0 || c.Specific.Length == 0)
                .Select(_ => "ExtraClaims: a claim has a scope, an action and a specific")]);

    /// <inheritdoc/>
    protected override IEnumerable<string> Lacks(TaskDefinition document, CatalogIndexes indexes) => ContentBounds.Of(document);

    private static IEnumerable<string> Circular(TaskDefinition task, CatalogSnapshot catalog)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var open = new Stack<string>(task.Prerequisites);
        while (open.TryPop(out var next))
        {
            if (next == task.Name)
            {
                yield return $"Task {task.Name} is its own prerequisite";
                yield break;
            }

            if (!seen.Add(next) || !catalog.Tasks.TryGetValue(next, out var needed)) continue;
            foreach (var further in needed.Prerequisites) open.Push(further);
        }
    }
}
