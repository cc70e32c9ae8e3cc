using Anvil.Provisioning.Documents;
using Anvil.Templates;

namespace Anvil.Provisioning.Catalog.Kinds;

/// <summary>Rules that several kinds share.</summary>
internal static class KindRules
{
    /// <summary>A name of most kinds.</summary>
    public static IEnumerable<string> Name(string name, Document? old) => Name(name, old, NameRules.IsName);

    /// <summary>A name by a kind's own rule. An object keeps the name that an older version took for one.</summary>
    public static IEnumerable<string> Name(string name, Document? old, Func<string, bool> isName)
        => old is not null || isName(name) ? [] : Invalid(name);

    /// <summary>What is said of a name that is not allowed (DRP).</summary>
    public static string[] Invalid(string name) => name.Length == 0 ? ["Empty key not allowed"] : [$"Invalid Name `{name}`"];

    /// <summary>What is beyond the bounds; only of a document within them it is asked what else is wrong.</summary>
    public static IEnumerable<string> Bounded(IEnumerable<string> beyond, Func<IEnumerable<string>> others)
        => beyond.ToList() is { Count: > 0 } found ? found : others();

    /// <summary>What is wrong with the files that a document renders.</summary>
    public static IEnumerable<string> TemplateInfos(IReadOnlyList<TemplateInfo> templates, bool pathNeeded)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var budget = new RenderBudget(TemplateLimits.Parsing);
        for (var i = 0; i < templates.Count; i++)
        {
            var t = templates[i];
            if (t.Name.Length == 0) yield return $"Templates[{i}]: Name is empty";
            else if (!names.Add(t.Name)) yield return $"Templates[{i}]: Name {t.Name} is used twice";
            if (pathNeeded && t.Path.Length == 0) yield return $"Templates[{i}]: Path is empty";
            if (t.Link.Length > 0 && !pathNeeded) yield return $"Templates[{i}]: Link is for boot files: a task's files are rendered";
            else if (t.Link.Length > 0 && t.ID.Length + t.Contents.Length > 0)
                yield return $"Templates[{i}]: with Link there is neither ID nor Contents";
            else if (t.Link.Length == 0 && (t.ID.Length == 0) == (t.Contents.Length == 0))
                yield return $"Templates[{i}]: exactly one of ID and Contents is needed";
            foreach (var problem in Parsed($"Templates[{i}].Path", t.Path, budget: budget)) yield return problem;
            foreach (var problem in Parsed($"Templates[{i}].Link", t.Link, budget: budget)) yield return problem;
            foreach (var problem in Parsed($"Templates[{i}]", t.Contents, budget: budget)) yield return problem;
        }
    }

    /// <summary>Why a text is no template.</summary>
    /// <param name="what">What the text is, for the message.</param>
    /// <param name="text">The text.</param>
    /// <param name="name">The template's name; null: what it is.</param>
    /// <param name="budget">What parsing all texts of the document may take; null: this one alone.</param>
    public static IEnumerable<string> Parsed(string what, string text, string? name = null, RenderBudget? budget = null)
    {
        try
        {
            TemplateSet.Definitions(name ?? what, text, budget);
            return [];
        }
        catch (TemplateException e)
        {
            return [$"Parse error for {what}: {e.Message}"];
        }
    }

    /// <summary>The templates that a document's files call.</summary>
    public static Reference Templates(Func<Document, IReadOnlyList<TemplateInfo>> templates)
        => new("Templates", "templates", d => templates(d).Select(t => t.ID))
        {
            Noun = "Template",
            MustBeAvailable = true,
            Missing = (place, id) => $"Templates[{place}]: No common template for {id}",
        };
}
