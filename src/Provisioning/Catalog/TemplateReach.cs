using Anvil.Templates;

namespace Anvil.Provisioning.Catalog;

/// <summary>
/// Which tasks render what a template holds: by its ID, or by a name of it in a text that they render, through others too.
/// </summary>
internal static class TemplateReach
{
    /// <summary>Calls a template by a name that may be made at the render: it counts for every template.</summary>
    private const string ByAnyName = "CallTemplate";

    /// <summary>
    /// The tasks. A name that merely stands in a text counts as a call: rather one too many.
    /// </summary>
    public static IEnumerable<TaskDefinition> TasksOf(Template template, CatalogSnapshot catalog)
    {
        var names = NamesOf(template).ToHashSet(StringComparer.Ordinal);
        var left = catalog.Templates.Values.Where(t => t.ID != template.ID).ToList();
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
            && (text.Contains(ByAnyName, StringComparison.Ordinal) || names.Any(n => text.Contains(n, StringComparison.Ordinal)));

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
