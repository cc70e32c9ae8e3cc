using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Machines;
using Anvil.Templates;

namespace Anvil.Provisioning.Boot;

/// <summary>One rendered file that a machine may fetch: its path, and how to render it.</summary>
public sealed record BootFile(string Path, TemplateInfo Template, RenderContext Context)
{
    /// <summary>True where a static file lies at the path: what is rendered is that file's own path.</summary>
    public bool IsLink => Template.Link.Length > 0;

    /// <summary>Renders the file.</summary>
    /// <exception cref="TemplateException">The template fails; names template, line and cause.</exception>
    public string Render()
    {
        if (MachineParams.Missing(Context.Env?.RequiredParams ?? [], Context.Machine, Context.Catalog).FirstOrDefault() is { } name)
            throw new TemplateException(Template.Name, 0, $"missing required param {name}",
                $"template: {Template.Name}: boot environment {Context.Env!.Name} needs param {name}");

        return new RenderData(Context with { Path = Path }).Render(Template);
    }
}

/// <summary>
/// Which rendered files a machine has: those of its boot environment and of its stage. Nobody else's are ever found through them.
/// </summary>
public static class BootFiles
{
    /// <summary>
    /// True for a machine that has its files also when its lease ran out: an installer (Debian's) keeps the address that it was given at
    /// its
    /// start, and never renews the lease.
    /// </summary>
    public static bool OutliveTheLease(Machine machine) => machine.Boot.Phase == Phase.Installing;

    /// <summary>
    /// True for a machine that has its files also when its lease was given back: it is in the middle of something, and whether the word
    /// was its own nobody can tell.
    /// </summary>
    public static bool OutliveTheRelease(Machine machine) => !machine.Boot.IsResting;

    /// <summary>
    /// The file at a path, or null when the machine has none there. Firmware writes names in its own case: a path that differs by
    /// case alone finds it too, unless there are two such.
    /// </summary>
    /// <exception cref="TemplateException">The paths of its files spend the context's budget.</exception>
    public static BootFile? Find(string path, RenderContext context)
    {
        BootFile? folded = null;
        var isAmbiguous = false;
        foreach (var template in Templates(context))
        {
            // To render a path costs as much as a small file does.
            if (!MayBecome(template.Path, path)) continue;
            foreach (var file in Expand(template, context))
            {
                if (string.Equals(file.Path, path, StringComparison.Ordinal)) return file;
                if (!string.Equals(file.Path, path, StringComparison.OrdinalIgnoreCase)) continue;
                isAmbiguous |= folded is not null && folded.Path != file.Path;
                folded ??= file;
            }
        }

        return isAmbiguous ? null : folded;
    }

    /// <summary>
    /// False where no template's path can become this one, whatever is rendered: what stands before its first action and after its last
    /// one says so.
    /// </summary>
    public static bool MayBeRendered(string path, RenderContext context)
        => Templates(context).Any(t => MayBecome(t.Path, path));

    private static IEnumerable<TemplateInfo> Templates(RenderContext context)
        => (context.Env?.Templates ?? []).Concat(context.Stage?.Templates ?? []);

    private static bool MayBecome(string template, string path)
    {
        var (first, last) = (template.IndexOf("{{", StringComparison.Ordinal), template.LastIndexOf("}}", StringComparison.Ordinal));
        if (first < 0 || last < first) return string.Equals(template.Trim('/'), path, StringComparison.OrdinalIgnoreCase);
        return path.StartsWith(template[..first].TrimStart('/').TrimEnd(), StringComparison.OrdinalIgnoreCase)
            && path.EndsWith(template[(last + 2)..].TrimEnd('/').TrimStart(), StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>All rendered files of a machine (or of unknown machines); a path that does not render is left out.</summary>
    public static IEnumerable<BootFile> All(RenderContext context) => Templates(context).SelectMany(t => Expand(t, context));

    /// <summary>
    /// The files that one template is for a machine: one, or one for each of its cards; none where its path does not render.
    /// </summary>
    /// <exception cref="TemplateException">The paths spend the context's budget.</exception>
    public static IEnumerable<BootFile> Of(TemplateInfo template, RenderContext context) => Expand(template, context);

    private static IEnumerable<BootFile> Expand(TemplateInfo template, RenderContext context)
    {
        var perMac = template.Path.Contains(".MacAddr", StringComparison.Ordinal);
        if (perMac && context.Machine is null) yield break;
        foreach (var mac in perMac ? context.Machine!.HardwareAddrs : [context.Mac])
        {
            var own = context with { Mac = mac };
            if (Path(template, own) is { Length: > 0 } path) yield return new BootFile(path, template, own);
        }
    }

    private static string? Path(TemplateInfo template, RenderContext context)
    {
        try
        {
            return new RenderData(context).Render(template.Name, template.Path).Trim('/');
        }
        catch (TemplateException e) when (context.Budget is null || e.Spent is null or TemplateBound.Depth)
        {
            return null;
        }
    }
}
