using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Files;

namespace Anvil.Provisioning.Boot;

/// <summary>
/// Which uploaded ISOs become which folders of boot files (DRP: an ISO is exploded for each boot environment that names it, into the
/// folder of its system, once its SHA-256 is what the environment says).
/// </summary>
public static class IsoRules
{
    /// <summary>Folders in which other things lie.</summary>
    private static readonly string[] Taken = [UploadedFile.Kind, UploadedIso.Kind, "machines", "rpi"];

    /// <summary>Most parts of a folder.</summary>
    private const int Deepest = 8;

    /// <summary>The ISOs that a boot environment names, by canonical architecture; the legacy fields are amd64's.</summary>
    public static IEnumerable<(string Arch, string Iso, string Sha256)> Isos(this BootEnv env)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (name, info) in env.OS.SupportedArchitectures)
        {
            if (info.IsoFile.Length > 0 && Architectures.Canonical(name) is { } arch && seen.Add(arch))
                yield return (arch, info.IsoFile, info.Sha256);
        }

        if (env.OS.IsoFile.Length > 0 && seen.Add("amd64")) yield return ("amd64", env.OS.IsoFile, env.OS.IsoSha256);
    }

    /// <summary>
    /// What is to be exploded, each folder once. Whoever may write one boot environment would else decide what those of others boot: all
    /// who name a folder have to name the same ISO for it. A content pack is one author, who may name several: the first that is there.
    /// </summary>
    public static IReadOnlyList<IsoExplosion> Wanted(CatalogSnapshot catalog)
    {
        if (catalog.OfKind(UploadedIso.Kind).Count == 0) return [];
        var named = Named(catalog);
        var folders = new Dictionary<string, IsoExplosion>(StringComparer.Ordinal);
        foreach (var explosion in catalog.BootEnvs.Values.Where(IsWithin).SelectMany(e => Of(e, catalog)))
        {
            if (named[explosion.Folder].GroupBy(n => n.Author).All(a => a.Any(n => n.Means(explosion))))
                folders.TryAdd(explosion.Folder, explosion);
        }

        return [.. folders.Values];
    }

    /// <summary>Why an uploaded ISO that a boot environment names is not exploded for it.</summary>
    /// <param name="env">The environment.</param>
    /// <param name="catalog">The catalog.</param>
    /// <param name="wanted">What is to be exploded of it (<see cref="Wanted"/>).</param>
    public static IEnumerable<string> Problems(BootEnv env, CatalogSnapshot catalog, IReadOnlyList<IsoExplosion> wanted)
    {
        if (!IsWithin(env) || catalog.OfKind(UploadedIso.Kind).Count == 0) yield break;
        foreach (var (arch, name, sha256) in env.Isos())
        {
            if (Find(name, catalog) is not { } iso) continue;
            if (Problem(env, arch, iso, sha256) is { } problem)
            {
                yield return problem;
                continue;
            }

            var folder = env.Folder(arch);
            var made = wanted.FirstOrDefault(e => e.Folder == folder);
            if (made is null)
                yield return $"ISO {name} is not exploded: boot environments that have the folder {folder} name different ISOs, "
                    + "or SHA-256s";
            else if (made.Sha256 != iso.Sha256) yield return $"ISO {name} is not exploded: the folder {folder} is made from {made.Iso}";
        }
    }

    /// <summary>What the boot environments of each folder name.</summary>
    private static Dictionary<string, List<NamedIso>> Named(CatalogSnapshot catalog)
    {
        var named = new Dictionary<string, List<NamedIso>>(StringComparer.Ordinal);
        foreach (var env in catalog.BootEnvs.Values.Where(IsWithin))
        {
            foreach (var (arch, iso, sha256) in env.Isos())
            {
                if (!named.TryGetValue(env.Folder(arch), out var all)) named[env.Folder(arch)] = all = [];
                all.Add(new NamedIso(env.Bundle.Length > 0 ? $"pack {env.Bundle}" : $"environment {env.Name}", iso, sha256.Trim()));
            }
        }

        return named;
    }

    /// <summary>What is to be exploded for one boot environment.</summary>
    private static IEnumerable<IsoExplosion> Of(BootEnv env, CatalogSnapshot catalog)
    {
        foreach (var (arch, name, sha256) in env.Isos())
        {
            if (Find(name, catalog) is not { } iso || Problem(env, arch, iso, sha256) is not null) continue;
            yield return new IsoExplosion(env.Folder(arch), iso.Path, iso.Sha256, iso.Size,
                $".{env.OS.Name.Replace('/', '_')}.rebar_canary", env.OS.Name.StartsWith("esxi", StringComparison.Ordinal), env.Name,
                iso.Time);
        }
    }

    private static string? Problem(BootEnv env, string arch, UploadedIso iso, string sha256)
    {
        if (sha256.Length > 0 && !string.Equals(sha256.Trim(), iso.Sha256, StringComparison.OrdinalIgnoreCase))
            return $"ISO {iso.Path} has another SHA-256 than {sha256}: it is not exploded";
        return IsFolder(env, env.Folder(arch)) ? null
            : $"ISO {iso.Path} is not exploded: OS.Name {env.OS.Name} is no folder that boot files can have";
    }

    private static bool IsFolder(BootEnv env, string folder)
    {
        if (env.OS.Name.Length == 0 || FilePaths.Problem(folder) is not null) return false;
        var parts = folder.Split('/');
        return parts.Length <= Deepest && parts.All(p => p[0] != '.') && !Taken.Contains(parts[0], StringComparer.Ordinal);
    }

    private static bool IsWithin(BootEnv env) => env.Validated && !ContentBounds.Of(env).Any();

    private static UploadedIso? Find(string name, CatalogSnapshot catalog)
        => catalog.OfKind(UploadedIso.Kind).GetValueOrDefault(name) is UploadedIso { Validated: true } iso ? iso : null;

    /// <summary>An ISO as a boot environment names it.</summary>
    /// <param name="Author">Who says so: a content pack, or whoever may write the environment.</param>
    /// <param name="Iso">Its name.</param>
    /// <param name="Sha256">The SHA-256 that it has to have; "" for whichever.</param>
    private sealed record NamedIso(string Author, string Iso, string Sha256)
    {
        public bool Means(IsoExplosion explosion)
            => Iso == explosion.Iso && (Sha256.Length == 0 || Sha256.Equals(explosion.Sha256, StringComparison.OrdinalIgnoreCase));
    }
}
