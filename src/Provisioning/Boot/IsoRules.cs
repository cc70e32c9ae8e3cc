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

    /// <summary>What is to be exploded, each folder once: the first boot environment by name decides.</summary>
    public static IReadOnlyList<IsoExplosion> Wanted(CatalogSnapshot catalog)
    {
        if (catalog.OfKind(UploadedIso.Kind).Count == 0) return [];
        var folders = new Dictionary<string, IsoExplosion>(StringComparer.Ordinal);
        foreach (var explosion in catalog.BootEnvs.Values.Where(IsWithin).SelectMany(e => Of(e, catalog)))
            folders.TryAdd(explosion.Folder, explosion);
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
            if (wanted.FirstOrDefault(e => e.Folder == folder) is { } other && other.Sha256 != iso.Sha256)
                yield return $"ISO {name} is not exploded: {folder} is made from {other.Iso} for {other.BootEnv}";
        }
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
            return $"ISO {iso.Path} has the SHA-256 {iso.Sha256}, not {sha256}: it is not exploded";
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
}
