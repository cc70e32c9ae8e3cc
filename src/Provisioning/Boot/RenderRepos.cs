using Anvil.Templates;

namespace Anvil.Provisioning.Boot;

/// <summary>The package repositories of a machine, from the param package-repositories, as DRP's templates ask for them.</summary>
internal sealed class RenderRepos
{
    /// <summary>The param: a list of repositories.</summary>
    public const string Param = "package-repositories";

    /// <summary>What a repository takes, beside its texts.</summary>
    private const int OctetsOfRepo = 1024;

    private readonly List<Repo> _all = [];

    /// <summary>Reads the param's value; repositories of other architectures are left out.</summary>
    public static RenderRepos From(object? value, string arch, RenderBudget budget)
    {
        var repos = new RenderRepos();
        foreach (var item in value as IReadOnlyList<object?> ?? [])
        {
            budget.Step(8);
            budget.Allocate(OctetsOfRepo);
            if (item is not IReadOnlyDictionary<string, object?> fields) continue;
            var repo = new Repo(fields);
            if (repo.Has("arch", arch, isAllWithout: true)) repos._all.Add(repo);
        }

        return repos;
    }

    /// <summary>Those for an operating system, in the order of the param.</summary>
    public IEnumerable<Repo> For(string os) => _all.Where(r => r.Has("os", os, isAllWithout: false));

    /// <summary>What an operating system is installed from: its first install source, then its security sources.</summary>
    public IEnumerable<Repo> ForInstall(string os)
        => For(os).Where(r => r.IsInstallSource).Take(1).Concat(For(os).Where(r => r.IsSecuritySource && !r.IsInstallSource));

    /// <summary>Those with one of some tags.</summary>
    public IEnumerable<Repo> Tagged(IReadOnlyList<string> tags) => _all.Where(r => tags.Contains(r.Tag, StringComparer.Ordinal));

    /// <summary>One repository.</summary>
    internal sealed class Repo(IReadOnlyDictionary<string, object?> fields) : ITemplateObject
    {
        public string Tag => Text("tag");

        public bool IsInstallSource => IsSet("installSource");

        public bool IsSecuritySource => IsSet("securitySource");

        /// <summary>True when a list of the repository names something.</summary>
        public bool Has(string list, string name, bool isAllWithout) => fields.TryGetValue(list, out var value)
            && value is IReadOnlyList<object?> { Count: > 0 } names ? names.Any(n => n is "any" || n as string == name) : isAllWithout;

        public bool TryGet(string name, IReadOnlyList<object?> arguments, RenderBudget budget, out object? value)
        {
            budget.Allocate(512);
            value = name switch
            {
                "Tag" => Tag,
                "URL" => Text("url"),
                "Distribution" => Text("distribution"),
                "PackageSource" => Text("packageSource"),
                "OS" => List("os"),
                "Arch" => List("arch"),
                "Components" => List("components"),
                "JoinedComponents" => Joined(budget),
                "InstallSource" => IsInstallSource,
                "SecuritySource" => IsSecuritySource,
                _ => null,
            };
            return value is not null && arguments.Count == 0;
        }

        public override string ToString() => Tag;

        private string Text(string name) => fields.GetValueOrDefault(name) as string ?? "";

        private bool IsSet(string name) => fields.GetValueOrDefault(name) is true;

        private IReadOnlyList<object?> List(string name) => fields.GetValueOrDefault(name) as IReadOnlyList<object?> ?? [];

        private string Joined(RenderBudget budget)
        {
            var parts = List("components").OfType<string>().ToList();
            budget.Allocate(4 * parts.Sum(p => p.Length + 1L));
            return string.Join(' ', parts);
        }
    }
}
