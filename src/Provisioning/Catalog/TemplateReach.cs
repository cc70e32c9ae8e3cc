using System.Buffers;
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
        => TasksOf([template], catalog);

    /// <summary>The tasks that render what one of some templates holds: one search for all of them.</summary>
    public static IEnumerable<TaskDefinition> TasksOf(IReadOnlyCollection<Template> templates, CatalogSnapshot catalog)
        => TasksOf(templates.SelectMany(NamesOf).ToHashSet(StringComparer.Ordinal),
            templates.Select(t => t.ID).ToHashSet(StringComparer.Ordinal), catalog);

    /// <summary>The tasks that may render the kernel arguments of whichever boot environment their machine has.</summary>
    public static IEnumerable<TaskDefinition> TasksOfBootParams(CatalogSnapshot catalog)
        => TasksOf(new HashSet<string>(StringComparer.Ordinal), new HashSet<string>(StringComparer.Ordinal), catalog);

    private static IEnumerable<TaskDefinition> TasksOf(HashSet<string> names, HashSet<string> ids, CatalogSnapshot catalog)
    {
        var search = new Search(names);
        var left = catalog.Templates.Values.Where(t => !ids.Contains(t.ID)).ToList();
        for (var found = true; found && !search.IsOver;)
        {
            var callers = left.Where(t => search.Finds(t.Contents)).ToHashSet();
            found = callers.Count > 0;
            left = [.. left.Where(t => !callers.Contains(t))];
            names.UnionWith(callers.SelectMany(NamesOf));
            if (found) search.Next();
        }

        return [.. catalog.Tasks.Values.Where(
            task => task.Templates.Any(t => names.Contains(t.ID) || search.Finds(t.Contents) || search.Finds(t.Path)))];
    }

    /// <summary>Looks for names in texts, within a bound: what would take longer counts as found.</summary>
    private sealed class Search
    {
        /// <summary>Characters that are looked at for one template, and names that are looked for.</summary>
        private const long MostCharacters = 64 << 20;
        private const int MostNames = 1000;

        private readonly HashSet<string> _names;
        private SearchValues<string> _values = SearchValues.Create([], StringComparison.Ordinal);
        private long _looked;

        public Search(HashSet<string> names)
        {
            _names = names;
            Next();
        }

        /// <summary>True once everything counts as found.</summary>
        public bool IsOver => _looked > MostCharacters || _names.Count > MostNames;

        /// <summary>There are more names than before.</summary>
        public void Next()
        {
            if (!IsOver) _values = SearchValues.Create([.. ByAnyName, .. _names], StringComparison.Ordinal);
        }

        public bool Finds(string text)
        {
            _looked += text.Length;
            return IsOver || (text.Contains("{{", StringComparison.Ordinal) && text.AsSpan().ContainsAny(_values));
        }
    }

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
