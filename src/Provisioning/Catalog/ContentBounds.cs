using Anvil.Provisioning.Access;
using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Catalog;

/// <summary>
/// How much a document of the catalog may list of what is gone through for each packet, boot file or job. What is stored and has more is
/// not available, says so, and takes part in nothing; it can be read, mended and deleted.
/// </summary>
public static class ContentBounds
{
    /// <summary>Initial RAM disks of one architecture.</summary>
    public const int Initrds = 64;

    /// <summary>Files that a document renders.</summary>
    public const int Templates = 256;

    /// <summary>Params that a document needs, and as many that it may use.</summary>
    public const int Params = 256;

    /// <summary>Architectures of a boot environment, and boot programs by firmware.</summary>
    public const int Architectures = 32;

    /// <summary>Profiles that a document names: no more count of all that a machine has.</summary>
    public const int Profiles = NestedProfiles.Most;

    /// <summary>Tasks that a task needs before it.</summary>
    public const int Prerequisites = 256;

    /// <summary>Claims that a task gives.</summary>
    public const int Rights = 256;

    /// <summary>Characters of an address, and of the text that a path is rendered from.</summary>
    public const int Address = 2048;

    /// <summary>True for a profile that names so few that they are gone through for each packet.</summary>
    public static bool IsWithin(Profile profile) => profile.Profiles.Count <= Profiles;

    /// <summary>True for a stage that lists so little that it is gone through for each boot file.</summary>
    public static bool IsWithin(Stage stage)
        => stage.Templates.Count <= Templates && stage.RequiredParams.Count <= Params && stage.Profiles.Count <= Profiles;

    /// <summary>What of a task is beyond the bounds, in words; nothing where it is within them.</summary>
    public static IReadOnlyList<string> Beyond(TaskDefinition task) => [.. Of(task)];

    /// <summary>What of a boot environment is beyond the bounds; the cheap counts first.</summary>
    internal static IEnumerable<string> Of(BootEnv env) =>
    [
        .. Count("Templates", env.Templates.Count, Templates),
        .. Count("RequiredParams", env.RequiredParams.Count, Params),
        .. Count("OptionalParams", env.OptionalParams.Count, Params),
        .. Count("Initrds", env.Initrds.Count, Initrds),
        .. Count("Loaders", env.Loaders.Count, Architectures),
        .. Count("OS.SupportedArchitectures", env.OS.SupportedArchitectures.Count, Architectures),
        .. Text("OS.Name", env.OS.Name, NameRules.Longest),
        .. Text("OS.Family", env.OS.Family, NameRules.Longest),
        .. Text("OS.Codename", env.OS.Codename, NameRules.Longest),
        .. Text("OS.Version", env.OS.Version, NameRules.Longest),
        .. File("Kernel", env.Kernel),
        .. env.Initrds.Take(Initrds).SelectMany((f, i) => File($"Initrds[{i}]", f)),
        .. env.Loaders.Take(Architectures).SelectMany(l => File($"Loaders of {Name(l.Key)}", l.Value)),
        .. env.OS.SupportedArchitectures.Take(Architectures).SelectMany(a => Of(a.Key, a.Value)),
        .. Texts(env.Templates, env.RequiredParams, env.OptionalParams),
    ];

    /// <summary>What of a stage is beyond the bounds.</summary>
    internal static IEnumerable<string> Of(Stage stage) =>
    [
        .. Count("Templates", stage.Templates.Count, Templates),
        .. Count("RequiredParams", stage.RequiredParams.Count, Params),
        .. Count("OptionalParams", stage.OptionalParams.Count, Params),
        .. Count("Profiles", stage.Profiles.Count, Profiles),
        .. Texts(stage.Templates, stage.RequiredParams, stage.OptionalParams),
    ];

    /// <summary>What of a task is beyond the bounds.</summary>
    internal static IEnumerable<string> Of(TaskDefinition task) =>
    [
        .. Count("Templates", task.Templates.Count, Templates),
        .. Count("RequiredParams", task.RequiredParams.Count, Params),
        .. Count("OptionalParams", task.OptionalParams.Count, Params),
        .. Count("Prerequisites", task.Prerequisites.Count, Prerequisites),
        .. Count("ExtraRoles", task.ExtraRoles.Count, Roles.MostOfUser),
        .. Count("ExtraClaims", task.ExtraClaims.Count, Rights),
        .. Roles.PartsProblem("ExtraClaims", task.ExtraClaims),
        .. Texts(task.Templates, task.RequiredParams, task.OptionalParams),
    ];

    /// <summary>What of a profile is beyond the bounds.</summary>
    internal static IEnumerable<string> Of(Profile profile) => Count("Profiles", profile.Profiles.Count, Profiles);

    private static IEnumerable<string> Of(string arch, ArchInfo info)
    {
        var at = $"OS.SupportedArchitectures.{Name(arch)}";
        return
        [
            .. Count($"{at}.Initrds", info.Initrds.Count, Initrds),
            .. File($"{at}.Kernel", info.Kernel),
            .. File($"{at}.Loader", info.Loader),
            .. info.Initrds.Take(Initrds).SelectMany((f, i) => File($"{at}.Initrds[{i}]", f)),
        ];
    }

    private static IEnumerable<string> Texts(IReadOnlyList<TemplateInfo> templates, IReadOnlyList<string> required,
        IReadOnlyList<string> optional) =>
    [
        .. templates.Take(Templates).SelectMany((t, i) => Text($"Templates[{i}].Path", t.Path, Address)),
        .. templates.Take(Templates).SelectMany((t, i) => Text($"Templates[{i}].Link", t.Link, Address)),
        .. required.Take(Params).SelectMany((p, i) => Text($"RequiredParams[{i}]", p, NameRules.Longest)),
        .. optional.Take(Params).SelectMany((p, i) => Text($"OptionalParams[{i}]", p, NameRules.Longest)),
    ];

    private static string[] Count(string field, int count, int most)
        => count <= most ? [] : [$"{field}: {count} are more than the {most} that there may be"];

    private static string[] File(string field, string? path)
        => Text(field, path, path?.Contains("://", StringComparison.Ordinal) == true ? Address : BootFilePath.Longest);

    private static string[] Text(string field, string? text, int most)
        => text is null || text.Length <= most ? [] : [$"{field} has at most {most} characters"];

    private static string Name(string key) => key.Length <= NameRules.Longest ? key : $"{key[..20]}…";
}
