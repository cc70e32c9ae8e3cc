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

    private IReadOnlyList<string> Components => [.. List("components").OfType<string>()];

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
            value = UrlFor(arguments is [string component] ? component : throw new TemplateFault("UrlFor needs one component"));
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
            "JoinedComponents" => Charged(string.Join(' ', Components), budget),
            "InstallSource" => IsInstallSource,
            "SecuritySource" => IsSecuritySource,
            "R" => target.Data,
            "Install" => Charged(Type == Yum ? Kickstart() : Preseed(budget), budget),
            "Lines" => Charged(Type == Yum ? YumLines() : AptLine(), budget),
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
    private string UrlFor(string component)
    {
        if (Type == Apt || Distribution.Length == 0) return Url;
        var root = Url.TrimEnd('/') + "/" + Distribution;
        if (target.Os.FamilyName == "scientificlinux") return $"{root}/$basearch/{component}";
        var isOld = int.TryParse(Distribution.Split('.')[0], out var major) && major < 8;
        return isOld ? $"{root}/{component}/$basearch" : $"{root}/{component}/$basearch/os";
    }

    private string Kickstart()
    {
        var proxy = target.Proxy.Length > 0 ? $" --proxy=\"{Plain(target.Proxy)}\"" : "";
        if (IsInstallSource) return $"url --url=\"{Plain(Url)}\"{proxy}";
        return string.Join('\n', Parts().Select(p => $"repo --name=\"{Plain(p.Name)}\" --baseurl=\"{Plain(p.Url)}\" --cost=200{proxy}"));
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

    private string YumLines()
    {
        var lines = new StringBuilder();
        foreach (var (name, url) in Parts())
            lines.Append($"[{Plain(name)}]\nname={Plain(target.Os.Name)} - {Plain(name)}\nbaseurl={Plain(url)}\ngpgcheck=0\n");
        return lines.ToString();
    }

    private string AptLine()
        => Plain($"deb {Url} {(Distribution.Length > 0 ? Distribution : target.Os.Codename)} {string.Join(' ', Components)}".TrimEnd());

    private IEnumerable<(string Name, string Url)> Parts()
        => Components.Count == 0 ? [(Tag, Url)] : Components.Select(c => ($"{Tag}-{c}", UrlFor(c)));

    /// <summary>A value adds no lines, and no words beyond its own quotes.</summary>
    private string Plain(string text) => text.Any(c => char.IsControl(c) || c == '"')
        ? throw new TemplateFault($"repository {Tag} holds a quote or a control character") : text;

    private static string Charged(string text, RenderBudget budget)
    {
        budget.Allocate(4L * text.Length);
        return text;
    }

    private string Text(string name) => fields.GetValueOrDefault(name) as string ?? "";

    private IReadOnlyList<object?> List(string name) => fields.GetValueOrDefault(name) switch
    {
        IReadOnlyList<object?> list => list,
        string one when one.Length > 0 => [one],
        _ => [],
    };
}
