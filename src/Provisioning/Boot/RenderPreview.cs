using System.Text.Json.Serialization;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Machines;
using Anvil.Templates;

namespace Anvil.Provisioning.Boot;

/// <summary>
/// What templates come to for a machine, for a person who looks: by the renderer that serves them, within one budget, each file with its
/// text or with what is wrong with it.
/// </summary>
public static class RenderPreview
{
    /// <summary>Most characters of a text that is sent to be rendered.</summary>
    public const int LongestText = 256 << 10;

    /// <summary>Most files that one preview shows: a boot environment may have one for each card of a machine.</summary>
    public const int MostFiles = 1000;

    /// <summary>Most characters of them together.</summary>
    public const long MostCharacters = 8 << 20;

    private const string TextName = "Contents";

    /// <summary>A template of the catalog.</summary>
    public static RenderedFiles OfTemplate(string id, RenderContext context)
        => Collected([Rendered(id, "", () => new RenderData(context).Render(new TemplateInfo { Name = id, ID = id }))]);

    /// <summary>A text that stands nowhere yet.</summary>
    public static RenderedFiles OfText(string text, RenderContext context)
        // It is parsed for this once, and charged to it.
        => Collected([Rendered(TextName, "", () => context.Templates.Render(TextName, text, new RenderData(context), context.Budget))]);

    /// <summary>Files of a boot environment or a stage, at each path that the machine would find them.</summary>
    /// <param name="templates">The files.</param>
    /// <param name="context">The machine and its surroundings.</param>
    public static RenderedFiles OfFiles(IEnumerable<TemplateInfo> templates, RenderContext context)
        => Collected(templates.SelectMany(t => OfFile(t, context)));

    /// <summary>Files and scripts of a task.</summary>
    /// <param name="task">The task.</param>
    /// <param name="templates">Those of its templates that are wanted.</param>
    /// <param name="os">linux, windows, …; templates made for another are left out.</param>
    /// <param name="context">The machine and its surroundings.</param>
    public static RenderedFiles OfTask(TaskDefinition task, IEnumerable<TemplateInfo> templates, string os, RenderContext context)
    {
        if (MachineParams.Missing(task.RequiredParams, context.Machine, context.Catalog).FirstOrDefault() is { } name)
            return Collected([Failed(task.Name, $"task {task.Name} needs param {name}")]);
        var data = new RenderData(context with { Task = task, TargetOS = os });
        return Collected(templates.Where(t => JobActions.Fits(t, os)).Select(t =>
        {
            var path = Rendered(t.Name, "", () => data.Render(t.Name, t.Path));
            return path.Error is not null ? path : Rendered(t.Name, path.Content, () => data.Render(t));
        }));
    }

    /// <summary>Files up to what one preview shows. Once the budget is spent, what follows would say so again.</summary>
    private static RenderedFiles Collected(IEnumerable<RenderedFile> files)
    {
        var (shown, characters) = (new List<RenderedFile>(), 0L);
        foreach (var file in files)
        {
            characters += file.Content.Length + file.Path.Length + (file.Error?.Message.Length ?? 0);
            if (shown.Count == MostFiles || (shown.Count > 0 && characters > MostCharacters)) return new RenderedFiles(shown, true);
            shown.Add(file);
            if (file.Error is { IsSpent: true }) return new RenderedFiles(shown, true);
        }

        return new RenderedFiles(shown, false);
    }

    private static IEnumerable<RenderedFile> OfFile(TemplateInfo template, RenderContext context)
    {
        using var files = BootFiles.Of(template, context).GetEnumerator();
        for (var isFirst = true; ; isFirst = false)
        {
            BootFile? file = null;
            var next = Rendered(template.Name, "", () =>
            {
                file = files.MoveNext() ? files.Current : null;
                return "";
            });
            if (next.Error is not null)
            {
                yield return next;
                yield break;
            }

            if (file is null)
            {
                // A file without a path is served nowhere: why it has none is what there is to see.
                if (isFirst) yield return WithoutPath(template, context);
                yield break;
            }

            yield return Rendered(template.Name, file.Path, file.Render);
        }
    }

    private static RenderedFile WithoutPath(TemplateInfo template, RenderContext context)
    {
        var path = Rendered(template.Name, "", () => new RenderData(context).Render(template.Name, template.Path));
        return path.Error is not null ? path
            : Failed(template.Name, "its path is empty for this machine, or needs a card that it has not");
    }

    private static RenderedFile Failed(string name, string why) => new(name, "", "", new RenderFault(why, name, 0, 0));

    private static RenderedFile Rendered(string name, string path, Func<string> render)
    {
        try
        {
            return new RenderedFile(name, path, render(), null);
        }
        catch (TemplateException e)
        {
            return new RenderedFile(name, path, "", new RenderFault(e.Message, e.Template, e.Line, e.Column)
            {
                IsSpent = e.Spent is not (null or TemplateBound.Depth),
            });
        }
    }
}

/// <summary>What is rendered for who looks.</summary>
/// <param name="Files">The files.</param>
/// <param name="IsShortened">There are more, or the budget was spent before they were rendered.</param>
public sealed record RenderedFiles(IReadOnlyList<RenderedFile> Files, bool IsShortened);

/// <summary>A file or script as it would be rendered.</summary>
/// <param name="Name">The template's name.</param>
/// <param name="Path">The path of the file; "" for a script, and for what is no file.</param>
/// <param name="Content">The text; "" where it fails.</param>
/// <param name="Error">What is wrong with it; null for nothing.</param>
public sealed record RenderedFile(string Name, string Path, string Content, RenderFault? Error);

/// <summary>Why a template fails.</summary>
/// <param name="Message">What is wrong, with its place.</param>
/// <param name="Template">The template in which it is, which may be one that is called.</param>
/// <param name="Line">1-based line; 0: the whole template.</param>
/// <param name="Column">Characters before it in that line.</param>
public sealed record RenderFault(string Message, string Template, int Line, int Column)
{
    /// <summary>A bound of what one request may render was hit.</summary>
    [JsonIgnore]
    public bool IsSpent { get; init; }
}
