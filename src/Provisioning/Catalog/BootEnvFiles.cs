namespace Anvil.Provisioning.Catalog;

/// <summary>What a boot environment boots on each architecture.</summary>
public static class BootEnvFiles
{
    /// <summary>
    /// The entry of an architecture, by its canonical name or an alias (x86_64, aarch64, …), with the legacy amd64 fields taken in; null
    /// when the
    /// architecture is not supported.
    /// </summary>
    public static ArchInfo? For(this BootEnv env, string arch)
    {
        if (env.OS.SupportedArchitectures.TryGetValue(arch, out var info) && info.Kernel.Length > 0) return info;
        arch = Architectures.Canonical(arch) ?? arch;
        if (env.OS.SupportedArchitectures.FirstOrDefault(
            a => a.Value.Kernel.Length > 0 && Architectures.Canonical(a.Key) == arch).Value is { } named) return named;
        return arch == "amd64" && env.Kernel.Length > 0
            ? new ArchInfo { Kernel = env.Kernel, Initrds = env.Initrds, BootParams = env.BootParams, IsoFile = env.OS.IsoFile }
            : null;
    }

    /// <summary>
    /// The operating system as templates see it: each architecture by its canonical name, however it is written, and amd64 also where the
    /// environment has it in its legacy fields; so a template that names or goes through them serves every spelling.
    /// </summary>
    public static OsInfo Canonical(this BootEnv env)
    {
        var own = env.OS.SupportedArchitectures;
        var legacy = own.Keys.Any(a => Architectures.Canonical(a) == "amd64") ? null : env.For("amd64");
        if (legacy is null && own.Keys.All(a => Architectures.Canonical(a) == a)) return env.OS;
        var all = new Dictionary<string, ArchInfo>(StringComparer.Ordinal);
        foreach (var (name, info) in own) all.TryAdd(Architectures.Canonical(name) ?? name, info);
        if (legacy is not null) all["amd64"] = legacy;
        return env.OS with { SupportedArchitectures = all };
    }

    /// <summary>
    /// What is wrong with the names of the architectures: not known, not in small letters, or one in two spellings that boot
    /// different things.
    /// </summary>
    public static IEnumerable<string> ArchitectureProblems(this BootEnv env)
    {
        foreach (var name in env.OS.SupportedArchitectures.Keys.Where(a => Architectures.Canonical(a) is null))
            yield return $"bootenv: Invalid architecture {name}";
        foreach (var twice in env.OS.SupportedArchitectures.Keys.Where(a => Architectures.Canonical(a) is not null)
            .GroupBy(Architectures.Canonical).Where(g => g.Count() > 1 && !g.All(n => env.BootsAlike(g.First(), n))))
            yield return $"bootenv: architecture {twice.Key} is there twice: {string.Join(", ", twice)}";
    }

    /// <summary>True when two entries boot the same: then it is all one which of them counts.</summary>
    private static bool BootsAlike(this BootEnv env, string one, string other)
    {
        var (a, b) = (env.OS.SupportedArchitectures[one], env.OS.SupportedArchitectures[other]);
        return a.Kernel == b.Kernel && a.BootParams == b.BootParams && a.Loader == b.Loader
            && a.Initrds.SequenceEqual(b.Initrds, StringComparer.Ordinal);
    }

    /// <summary>True when a machine in the environment boots from the network.</summary>
    public static bool NetBoots(this BootEnv env)
        => env.Kernel.Length > 0 || env.OS.SupportedArchitectures.Values.Any(a => a.Kernel.Length > 0);

    /// <summary>True for the name of an installer's environment (DRP: it ends in -install).</summary>
    public static bool IsInstaller(string bootEnv) => bootEnv.EndsWith("-install", StringComparison.Ordinal);

    /// <summary>Folder of the environment's files: OS name, architecture unless amd64, `install` for installers (DRP's layout).</summary>
    public static string Folder(this BootEnv env, string arch)
    {
        arch = Architectures.Canonical(arch) ?? arch;
        var parts = new List<string> { env.OS.Name };
        if (arch != "amd64") parts.Add(arch);
        if (IsInstaller(env.Name)) parts.Add("install");
        return string.Join('/', parts);
    }

    /// <summary>
    /// The kernel and the initial RAM disks of an architecture, as paths below the file root, each once; without those that a template of
    /// the environment renders, and those that are URLs. None of an environment beyond the bounds (<see cref="ContentBounds"/>).
    /// </summary>
    public static IEnumerable<string> Files(this BootEnv env, string arch)
    {
        // Whoever asks for them makes all of their paths: of what is beyond the bounds, and so never booted, none.
        if (ContentBounds.Of(env).Any() || env.For(arch) is not { } info) return [];
        var rendered = env.Templates.Select(t => BootFilePath.Tidy(t.Path)).ToHashSet(StringComparer.Ordinal);
        return info.Initrds.Prepend(info.Kernel).Where(f => f.Length > 0 && !f.Contains("://", StringComparison.Ordinal))
            .Select(f => BootFilePath.Tidy(env.PathFor(arch, f))).Where(f => !rendered.Contains(f)).Distinct(StringComparer.Ordinal);
    }

    /// <summary>The files of every architecture.</summary>
    public static IEnumerable<string> Files(this BootEnv env)
        => env.OS.SupportedArchitectures.Keys.Append("amd64").Select(a => Architectures.Canonical(a) ?? a).Distinct(StringComparer.Ordinal)
            .SelectMany(env.Files).Distinct(StringComparer.Ordinal);

    /// <summary>A sentence for each of the files of an architecture that is missing.</summary>
    /// <param name="env">The environment.</param>
    /// <param name="arch">The architecture.</param>
    /// <param name="lack">Says of a path that it "is not there"; null: it is there.</param>
    public static IReadOnlyList<string> Lack(this BootEnv env, string arch, Func<string, string?> lack)
    {
        List<string>? all = null;
        foreach (var path in env.Files(arch))
        {
            if (lack(path) is { } missing) (all ??= []).Add($"{env.Name} {BootFilePath.Needed(path, missing)}");
        }

        return all ?? (IReadOnlyList<string>)[];
    }

    /// <summary>Path of one of the environment's files, below the file root.</summary>
    public static string PathFor(this BootEnv env, string arch, string file) => $"{env.Folder(arch)}/{file}";
}
