using Anvil.Templates;

namespace Anvil.Provisioning.Boot;

/// <summary>The package repositories of a machine, from the param package-repositories, as DRP's templates ask for them.</summary>
internal sealed class RenderRepos
{
    /// <summary>The param: a list of repositories.</summary>
    public const string Param = "package-repositories";

    /// <summary>What a repository takes, beside its texts.</summary>
    private const int OctetsOfRepo = 1024;

    private readonly List<RenderRepo> _all = [];

    /// <summary>Reads the param's value; repositories of other architectures are left out.</summary>
    public static RenderRepos From(object? value, string arch, RepoTarget target, RenderBudget budget)
    {
        var repos = new RenderRepos();
        foreach (var item in value as IReadOnlyList<object?> ?? [])
        {
            budget.Step(8);
            budget.Allocate(OctetsOfRepo);
            if (item is not IReadOnlyDictionary<string, object?> fields) continue;
            budget.Step((fields.GetValueOrDefault("arch") as IReadOnlyList<object?>)?.Count ?? 0);
            var repo = new RenderRepo(fields, target);
            if (repo.IsForArch(arch)) repos._all.Add(repo);
        }

        return repos;
    }

    /// <summary>Those for an operating system, in the order of the param.</summary>
    public IEnumerable<RenderRepo> For(string os) => _all.Where(r => r.IsForOs(os));

    /// <summary>
    /// What an operating system is installed from: its first install source, then its security sources. Where there is no install
    /// source, an installer's own files are one, if it has them (DRP: local repositories).
    /// </summary>
    public IEnumerable<RenderRepo> ForInstall(string os, RenderRepo? local)
    {
        var source = For(os).FirstOrDefault(r => r.IsInstallSource) ?? local;
        return (source is null ? [] : new[] { source }).Concat(For(os).Where(r => r.IsSecuritySource && !r.IsInstallSource));
    }

    /// <summary>Those with one of some tags.</summary>
    public IEnumerable<RenderRepo> Tagged(IReadOnlySet<string> tags) => _all.Where(r => tags.Contains(r.Tag));
}
