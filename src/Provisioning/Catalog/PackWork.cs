using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Catalog;

/// <summary>
/// How much there is to be looked at for the rules of a pack's tasks, stages and workflows. Each list has its bound
/// (<see cref="TaskLists"/>); twenty thousand of them together need one of their own, for all other writes wait meanwhile.
/// </summary>
internal static class PackWork
{
    /// <summary>True when the task lists of some documents, and what they build upon, are looked through within the bound.</summary>
    /// <param name="documents">What the pack brings and what it changes.</param>
    /// <param name="catalog">The catalog as it becomes.</param>
    public static bool IsWithin(IEnumerable<Document> documents, CatalogSnapshot catalog)
    {
        var left = PackBounds.Looks;
        foreach (var document in documents)
        {
            left -= TaskLists.Looked(document, catalog, left);
            if (document is TaskDefinition task) left -= Reached(task, catalog, left);
            if (left <= 0) return false;
        }

        return true;
    }

    /// <summary>Prerequisites that are passed on the way to all that a task builds upon; no more than so many.</summary>
    private static int Reached(TaskDefinition task, CatalogSnapshot catalog, int most)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var open = new Stack<string>(task.Prerequisites);
        var passed = task.Prerequisites.Count;
        while (passed < most && open.TryPop(out var next))
        {
            if (!seen.Add(next) || !catalog.Tasks.TryGetValue(next, out var needed)) continue;
            passed += needed.Prerequisites.Count;
            foreach (var further in needed.Prerequisites) open.Push(further);
        }

        return passed;
    }
}
