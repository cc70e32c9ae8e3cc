using Anvil.Templates;

namespace Anvil.Provisioning.Catalog;

/// <summary>
/// Which tasks render what a template holds: by its ID, or by a name of it in a text that they render, through others too.
/// </summary>
internal static class TemplateReach
{
    /// <summary>
    /// What calls a template by a name that nobody knows before the render, and so counts for every template: CallTemplate;
    /// ParamExpand and its like, whose values are templates; and BootParams, a boot environment's template.
    /// </summary>
    private static readonly string[] ByAnyName = ["CallTemplate", "Expand", "BootParams"];

    /// <summary>
    /// The tasks. A name that merely stands in a text counts as a call: rather one too many.
    /// </summary>
    public static IEnumerable<TaskDefinition> TasksOf(Template template, CatalogSnapshot catalog)
        => TasksOf(NamesOf(template).ToHashSet(StringComparer.Ordinal), template.ID, catalog);

    /// <summary>The tasks that may render the kernel arguments of whichever boot environment their machine has.</summary>
    public static IEnumerable<TaskDefinition> TasksOfBootParams(CatalogSnapshot catalog)
        => TasksOf(new HashSet<string>(StringComparer.Ordinal), "", catalog);

    private static IEnumerable<TaskDefinition> TasksOf(HashSet<string> names, string id, CatalogSnapshot catalog)
    {
        var left = catalog.Templates.Values.Where(t => t.ID != id).ToList();
        for (var found = true; found;)
        {
            var callers = left.Where(t => Calls(t.Contents, names)).ToList();
            found = callers.Count > 0;
            left = [.. left.Except(callers)];
            names.UnionWith(callers.SelectMany(NamesOf));
        }

        return catalog.Tasks.Values.Where(
            task => task.Templates.Any(t => names.Contains(t.ID) || Calls(t.Contents, names) || Calls(t.Path, names)));
    }

    private static bool Calls(string text, HashSet<string> names)
        => text.Contains("{{", StringComparison.Ordinal)
            && ByAnyName.Concat(names).Any(n => text.Contains(n, StringComparison.Ordinal));

    private static IReadOnlyCollection<string> NamesOf(Template template)
    {
        try
        {
            return TemplateSet.Definitions(template.ID, template.Contents);
        }
        catch (TemplateException)
        {
            return [template.ID];
        }
    }
}
