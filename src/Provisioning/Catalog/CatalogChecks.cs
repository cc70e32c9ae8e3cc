using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Network;

namespace Anvil.Provisioning.Catalog;

/// <summary>What makes a catalog object available: that what it refers to is there (DRP: stored, but unusable until it is).</summary>
internal static class CatalogChecks
{
    private static readonly string[] BootTemplates = ["pxelinux", "pxelinux-mac", "ipxe", "ipxe-mac", "grub", "grub-mac"];

    public static BootEnv BootEnv(BootEnv env, CatalogSnapshot catalog)
    {
        var problems = TemplateProblems(env.Templates, catalog);
        if (env.NetBoots() && !env.Meta.ContainsKey("KernelIsLoader") && !env.Templates.Any(t => BootTemplates.Contains(t.Name, StringComparer.Ordinal)))
            problems.Add("bootenv: Missing ipxe, grub or pxelinux template");
        problems.AddRange(env.ArchitectureProblems());
        foreach (var (arch, info) in env.OS.SupportedArchitectures)
        {
            if (info.Kernel.Length == 0) problems.Add($"bootenv: architecture {arch} has no kernel");
        }

        return Checked(env, problems);
    }

    public static TaskDefinition Task(TaskDefinition task, CatalogSnapshot catalog, IReadOnlyDictionary<string, List<Document>> raw)
    {
        var problems = TemplateProblems(task.Templates, catalog);
        var known = raw.GetValueOrDefault("tasks", []).Select(t => t.Key).ToHashSet(StringComparer.Ordinal);
        problems.AddRange(task.Prerequisites.Where(p => !known.Contains(p)).Select(p => $"Task {p} does not exist"));
        return Checked(task, problems);
    }

    public static Stage Stage(Stage stage, CatalogSnapshot catalog)
    {
        var problems = TemplateProblems(stage.Templates, catalog);
        problems.AddRange(stage.Tasks.Where(t => !catalog.Tasks.ContainsKey(t)).Select(t => $"Task {t} does not exist"));
        problems.AddRange(stage.Profiles.Where(p => !catalog.Profiles.ContainsKey(p)).Select(p => $"Profile {p} does not exist"));
        if (stage.BootEnv.Length > 0)
        {
            if (!catalog.BootEnvs.TryGetValue(stage.BootEnv, out var env)) problems.Add($"Bootenv {stage.BootEnv} does not exist");
            else if (env.OnlyUnknown) problems.Add($"Bootenv {stage.BootEnv} serves only unknown machines");
            else if (!env.Available) problems.Add($"Bootenv {stage.BootEnv} is not available");
        }

        return Checked(stage, problems);
    }

    public static Workflow Workflow(Workflow workflow, CatalogSnapshot catalog)
    {
        var problems = workflow.Stages.Where(s => !catalog.Stages.ContainsKey(s)).Select(s => $"Stage {s} does not exist").ToList();
        problems.AddRange(workflow.Stages.Where(s => catalog.Stages.TryGetValue(s, out var stage) && !stage.Available).Select(s => $"Stage {s} is not available"));
        return Checked(workflow, problems);
    }

    public static Subnet Subnet(Subnet subnet, IReadOnlyDictionary<string, List<Document>> raw)
    {
        var problems = raw["subnets"].Cast<Subnet>().Where(other => other.Name != subnet.Name && other.Cidr.Overlaps(subnet.Cidr))
            .Select(other => $"Overlaps subnet {other.Name}").Order(StringComparer.Ordinal);
        return Checked(subnet, [.. problems]);
    }

    private static List<string> TemplateProblems(IReadOnlyList<TemplateInfo> templates, CatalogSnapshot catalog)
        => [.. templates.Select((t, i) => (t, i)).Where(p => p.t.ID.Length > 0 && !catalog.Templates.ContainsKey(p.t.ID)).Select(p => $"Templates[{p.i}]: No common template for {p.t.ID}")];

    private static T Checked<T>(T document, IReadOnlyList<string> problems)
        where T : Document
        => document with { Validated = true, Available = problems.Count == 0, Errors = problems };
}
