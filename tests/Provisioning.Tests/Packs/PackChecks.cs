using System.Text.Json;
using System.Text.Json.Nodes;
using Anvil.Provisioning.Boot;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Jobs;
using Anvil.Provisioning.Machines;
using Anvil.Templates;

namespace Anvil.Provisioning.Tests.Packs;

/// <summary>
/// Content packs of others, loaded over Anvil's own, validated, and rendered: each boot environment for a machine of each of its
/// architectures, each stage and task for a machine in it.
/// </summary>
internal sealed class PackChecks
{
    private static readonly BootServer Server = new("192.0.2.1", 8091, 8092);

    /// <summary>What a render has, but for the time, which passes differently on a busy machine.</summary>
    private static readonly TemplateLimits Patient = TemplateLimits.Default with { Time = Timeout.InfiniteTimeSpan };

    private readonly PackContent _content;
    private readonly CatalogSnapshot _catalog;
    private readonly IReadOnlyDictionary<string, JsonElement> _params;
    private readonly string? _output;
    private readonly HashSet<string> _names;

    /// <summary>Loads packs.</summary>
    /// <param name="packs">Their folders and bundles.</param>
    /// <param name="parameters">Values that every machine has, as a user would set them.</param>
    /// <param name="output">Where what was rendered is written; null: nowhere.</param>
    public PackChecks(IEnumerable<string> packs, IReadOnlyDictionary<string, JsonElement> parameters, string? output)
    {
        _content = PackContent.Of(packs.Append(TestCatalog.ContentFolder).Select(Load));
        _catalog = CatalogSnapshot.Of(_content.Entries);
        _params = parameters;
        _output = output;
        _names = [.. _content.Packs.Select(p => p.Name).Where(n => n != ContentPack.Own)];
    }

    /// <summary>How many renders there were.</summary>
    public int Rendered { get; private set; }

    /// <summary>What was taken, and should be known.</summary>
    public IEnumerable<string> Notes => _content.Notes.Select(n => $"{n.Pack} {n.File}: {n.Reason}");

    /// <summary>How many objects of each kind the packs have.</summary>
    public IEnumerable<string> Counts => _content.Entries.Where(e => _names.Contains(e.Document.Bundle))
        .CountBy(e => $"{e.Document.Bundle} {e.Key.Prefix}").OrderBy(c => c.Key, StringComparer.Ordinal)
        .Select(c => $"{c.Key}: {c.Value}");

    /// <summary>All that is wrong: what, and why.</summary>
    public IReadOnlyList<(string What, string Why)> Run() => [.. Loaded(), .. BootEnvs(), .. Stages(), .. Tasks()];

    private static PackContent Load(string pack)
    {
        if (File.Exists(pack)) return ContentPack.LoadBundle(Path.GetFileName(pack), File.ReadAllText(pack));
        return ContentPack.Load(Path.GetFileName(Path.TrimEndingDirectorySeparator(pack)),
            Directory.EnumerateFiles(pack, "*",
                    new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None })
                .Select(f => new ContentFile(Path.GetRelativePath(pack, f), File.ReadAllText(f))));
    }

    private IEnumerable<T> Own<T>(IEnumerable<T> documents)
        where T : Document => documents.Where(d => _names.Contains(d.Bundle));

    private IEnumerable<(string What, string Why)> Loaded()
    {
        foreach (var fault in _content.Faults) yield return ($"file {fault.Pack}/{fault.File}", fault.Reason);
        foreach (var kind in CatalogRules.Kinds.Values)
        {
            foreach (var document in Own(_catalog.OfKind(kind.Prefix).Values))
            {
                var problems = document.Errors.Concat(document.Validated ? kind.Problems(document, document, _catalog) : [])
                    .Distinct();
                if (problems.ToList() is { Count: > 0 } wrong) yield return ($"{kind.Prefix} {document.Key}", string.Join("; ", wrong));
            }
        }
    }

    private IEnumerable<(string What, string Why)> BootEnvs() => Own(_catalog.BootEnvs.Values).SelectMany(env =>
    {
        string[] archs = [.. env.Canonical().SupportedArchitectures.Keys.DefaultIfEmpty("amd64").Distinct()];
        return archs.SelectMany(arch => Files($"bootenvs {env.Name}", arch,
            BootContext(env, arch, _catalog.Stages.Values.FirstOrDefault(s => s.BootEnv == env.Name)) with { Stage = null },
            env.Templates));
    });

    private IEnumerable<(string What, string Why)> Stages() => Own(_catalog.Stages.Values).SelectMany(stage =>
    {
        var env = _catalog.BootEnvs.GetValueOrDefault(stage.BootEnv.Length > 0 ? stage.BootEnv : "sledgehammer");
        var arch = env?.OS.SupportedArchitectures.Keys.Select(Architectures.Canonical).FirstOrDefault(a => a is not null) ?? "amd64";
        return Files($"stages {stage.Name}", arch, BootContext(env, arch, stage) with { Env = null }, stage.Templates);
    });

    private IEnumerable<(string What, string Why)> Files(string what, string arch, RenderContext context,
        IReadOnlyList<TemplateInfo> templates)
    {
        foreach (var template in templates)
        {
            var one = context with
            {
                Env = context.Env is null ? null : context.Env with { Templates = [template] },
                Stage = context.Stage is null ? null : context.Stage with { Templates = [template] },
            };
            var key = $"{what} {arch} {template.Name}";
            var files = BootFiles.All(one).ToList();
            if (files.Count == 0) yield return (key, "its path does not render");
            foreach (var file in files)
            {
                var patient = file with { Context = file.Context with { Budget = new RenderBudget(Patient) } };
                if (Attempt(key, () => [(patient.Path, patient.Render())]) is { } why) yield return (key, why);
            }
        }
    }

    private IEnumerable<(string What, string Why)> Tasks() => Own(_catalog.Tasks.Values).SelectMany(task =>
    {
        var stage = _catalog.Stages.Values.OrderBy(s => s.BootEnv.Length == 0).FirstOrDefault(s => s.Tasks.Contains(task.Name));
        var env = _catalog.BootEnvs.GetValueOrDefault(stage?.BootEnv is { Length: > 0 } own ? own : "sledgehammer");
        var context = BootContext(env, "amd64", stage) with { Job = "0b3c6a8e-0000-4000-8000-000000000002", Mac = "" };
        context = context with { Machine = context.Machine! with { Tasks = [task.Name], CurrentTask = 0 } };
        var systems = task.Templates.SelectMany(t => t.Meta.GetValueOrDefault("OS", "linux").Split(',')).Select(o => o.Trim())
            .Select(o => o is "" or "any" ? "linux" : o).Distinct().ToList();
        return systems.SelectMany(os => task.Templates.Select(template =>
        {
            var key = $"tasks {task.Name} {os} {template.Name}";
            return (What: key, Why: Attempt(key, () => JobActions.Render(task with { Templates = [template] },
                    context with { Budget = new RenderBudget(Patient) }, os)
                .Select(a => (a.Path.Length > 0 ? a.Path : a.Name, a.Content))));
        })).Where(r => r.Why is not null).Select(r => (r.What, r.Why!));
    });

    private RenderContext BootContext(BootEnv? env, string arch, Stage? stage)
    {
        var machine = new Machine
        {
            Uuid = "0b3c6a8e-0000-4000-8000-000000000001",
            Name = "web1.example.com",
            Address = "192.0.2.10",
            HardwareAddrs = ["52:54:00:00:00:01"],
            Arch = arch,
            BootEnv = env?.Name ?? "",
            Stage = stage?.Name ?? "",
            Params = _params,
        };
        return new RenderContext(_catalog, Server, machine, env, (_, _, _) => "to.ke.n")
        {
            Keys = TestCatalog.Keys,
            Stage = stage,
            Mac = machine.HardwareAddrs[0],
        };
    }

    /// <summary>Renders, and keeps what came of it; why it failed, or null.</summary>
    private string? Attempt(string key, Func<IEnumerable<(string Path, string Text)>> render)
    {
        try
        {
            foreach (var (path, text) in render())
            {
                Rendered++;
                if (_output is null) continue;
                var place = Path.Combine(_output, key.Replace(' ', '/'));
                Directory.CreateDirectory(place);
                File.WriteAllText(Path.Combine(place, path.Replace('/', '_')), text);
            }

            return null;
        }
        catch (TemplateException e)
        {
            return e.Message;
        }
    }
}
