using System.Text;
using Anvil.Provisioning.Catalog;
using Anvil.Templates;

namespace Anvil.Provisioning.Boot;

/// <summary>One package repository, with the lines that an installer (Install) and a package manager (Lines) read of it.</summary>
/// <param name="fields">Its item of the param package-repositories.</param>
/// <param name="target">What it is written out for.</param>
internal sealed class RenderRepo(IReadOnlyDictionary<string, object?> fields, RepoTarget target) : ITemplateObject
{
    private const string Yum = "yum";
    private const string Apt = "apt";

    public string Tag => Text("tag");

    public bool IsInstallSource => fields.GetValueOrDefault("installSource") is true;

    public bool IsSecuritySource => fields.GetValueOrDefault("securitySource") is true;

    private string Url => Text("url");

    private string Distribution => Text("distribution");

    /// <summary>True for an architecture, by whichever of its names; a repository that names none, or any, is for all.</summary>
    public bool IsForArch(string arch)
    {
        var names = List("arch");
        return names.Count == 0 || names.OfType<string>().Any(n => n is "any" || n == arch
            || (Architectures.Canonical(n) is { } own && own == (Architectures.Canonical(arch) ?? arch)));
    }

    /// <summary>True for an operating system that its list names.</summary>
    public bool IsForOs(string os) => List("os").Any(n => n is "any" || n as string == os);

    public bool TryGet(string name, IReadOnlyList<object?> arguments, RenderBudget budget, out object? value)
    {
        budget.Step(4);
        budget.Allocate(512);
        if (name == "UrlFor")
        {
            if (arguments is not [string component]) throw new TemplateFault("UrlFor needs one component");
            value = UrlFor(component, budget);
            return true;
        }

        value = name switch
        {
            "Tag" => Tag,
            "URL" => Url,
            "Distribution" => Distribution,
            "PackageSource" => Text("packageSource"),
            "PackageType" => Text("packageType"),
            "RepoType" => Text("repoType"),
            "BootLoc" => Text("bootloc"),
            "OS" => List("os"),
            "Arch" => fields.GetValueOrDefault("arch") as string ?? (object)List("arch"),
            "Components" => List("components"),
            "JoinedComponents" => string.Join(' ', Components(budget)),
            "InstallSource" => IsInstallSource,
            "SecuritySource" => IsSecuritySource,
            "R" => target.Data,
            "Install" => Type == Yum ? Kickstart(budget) : Preseed(budget),
            "Lines" => Type == Yum ? YumLines(budget) : AptLine(budget),
            _ => null,
        };
        return value is not null && arguments.Count == 0;
    }

    public override string ToString() => Tag;

    /// <summary>How its packages are managed: as it says, else as its operating system's family does.</summary>
    private string Type => (Text("repoType"), target.Os.FamilyType) switch
    {
        (Yum or Apt, _) => Text("repoType"),
        ("", "rhel") => Yum,
        ("", "debian") => Apt,
        ("", var family) => throw new TemplateFault(
            $"how a repository for {family} is written is not known; it may say repoType yum or apt"),
        (var other, _) => throw new TemplateFault($"repoType {other} of repository {Tag} is not known: yum or apt"),
    };

    /// <summary>
    /// Where a component lies on a mirror of the usual layout: CentOS and its like up to 7 as 7/updates/ARCH, from 8 on as
    /// 8/BaseOS/ARCH/os, Scientific Linux as 7/ARCH/updates. apt finds components by itself.
    /// </summary>
    private string UrlFor(string component, RenderBudget budget)
    {
        if (Type == Apt || Distribution.Length == 0) return Url;
        // The root, and the whole with its parts.
        Charge(budget, 2L * (Url.Length + Distribution.Length) + component.Length);
        var root = Url.TrimEnd('/') + "/" + Distribution;
        if (target.Os.FamilyName == "scientificlinux") return $"{root}/$basearch/{component}";
        var isOld = int.TryParse(Distribution.Split('.')[0], out var major) && major < 8;
        return isOld ? $"{root}/{component}/$basearch" : $"{root}/{component}/$basearch/os";
    }

    private string Kickstart(RenderBudget budget)
    {
        Charge(budget, (2L * target.Proxy.Length) + Url.Length);
        var proxy = target.Proxy.Length > 0 ? $" --proxy=\"{Plain(target.Proxy)}\"" : "";
        if (IsInstallSource) return $"url --url=\"{Plain(Url)}\"{proxy}";
        var lines = new StringBuilder();
        foreach (var (name, url) in Parts(budget))
        {
            Charge(budget, 2L * (name.Length + url.Length + proxy.Length));
            if (lines.Length > 0) lines.Append('\n');
            lines.Append($"repo --name=\"{Plain(name)}\" --baseurl=\"{Plain(url)}\" --cost=200{proxy}");
        }

        return lines.ToString();
    }

    private string Preseed(RenderBudget budget)
    {
        budget.Step(1 + (Url.Length / 64));
        budget.Allocate(512 + (128L * Url.Length));
        var url = GoUrl.Parse(Url);
        if (url.Scheme is not ("http" or "https" or "ftp") || url.Host.Length == 0)
            throw new TemplateFault($"the URL of repository {Tag} has no host, or is none of HTTP, HTTPS or FTP");
        // They are unescaped: %0A is a line end.
        var (host, path) = (Plain(url.Host), Plain(url.Path));
        return IsInstallSource
            ? $"d-i mirror/protocol string {url.Scheme}\nd-i mirror/{url.Scheme}/hostname string {host}\n"
                + $"d-i mirror/{url.Scheme}/directory string {path}"
            : $"d-i apt-setup/security_host string {host}\nd-i apt-setup/security_path string {path}";
    }

    private string YumLines(RenderBudget budget)
    {
        var lines = new StringBuilder();
        foreach (var (name, url) in Parts(budget))
        {
            Charge(budget, 2L * ((2L * name.Length) + target.Os.Name.Length + url.Length));
            lines.Append($"[{Plain(name)}]\nname={Plain(target.Os.Name)} - {Plain(name)}\nbaseurl={Plain(url)}\ngpgcheck=0\n");
        }

        return lines.ToString();
    }

    private string AptLine(RenderBudget budget)
    {
        var components = string.Join(' ', Components(budget));
        var distribution = Distribution.Length > 0 ? Distribution : target.Os.Codename;
        Charge(budget, 2L * (Url.Length + distribution.Length + components.Length));
        return Plain($"deb {Url} {distribution} {components}".TrimEnd());
    }

    /// <summary>The repositories that it is to an installer: each is charged before it is made.</summary>
    private IEnumerable<(string Name, string Url)> Parts(RenderBudget budget)
    {
        var components = Components(budget);
        if (components.Count == 0) yield return (Tag, Url);
        foreach (var component in components)
        {
            Charge(budget, Tag.Length + component.Length);
            yield return ($"{Tag}-{component}", UrlFor(component, budget));
        }
    }

    /// <summary>Its components, charged as they are when they stand in one text.</summary>
    private List<string> Components(RenderBudget budget)
    {
        var all = List("components");
        budget.Step(1 + (all.Count / 8));
        budget.Allocate(64 + (16L * all.Count));
        List<string> components = [.. all.OfType<string>()];
        Charge(budget, components.Sum(c => c.Length + 1L));
        return components;
    }

    /// <summary>A value adds no lines, and no words beyond its own quotes.</summary>
    private string Plain(string text) => text.Any(c => char.IsControl(c) || c == '"')
        ? throw new TemplateFault($"repository {Tag} holds a quote or a control character") : text;

    /// <summary>Charges for so many characters that are about to be written and looked through.</summary>
    private static void Charge(RenderBudget budget, long characters)
    {
        budget.Step(1 + (characters / 64));
        budget.Allocate(128 + (2 * characters));
    }

    private string Text(string name) => fields.GetValueOrDefault(name) as string ?? "";

    private IReadOnlyList<object?> List(string name) => fields.GetValueOrDefault(name) switch
    {
        IReadOnlyList<object?> list => list,
        string one when one.Length > 0 => [one],
        _ => [],
    };
}
