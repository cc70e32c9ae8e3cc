using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Machines;
using Anvil.Provisioning.Network;
using Anvil.Templates;

namespace Anvil.Provisioning.Boot;

/// <summary>The dot of boot files and job scripts: the names that DRP's templates use.</summary>
public sealed class RenderData(RenderContext context) : ITemplateObject
{
    /// <summary>What signing a token takes, in steps and octets.</summary>
    private const int StepsOfToken = 500;
    private const int OctetsOfToken = 32 << 10;

    /// <summary>What opening a sealed value takes, beside its text.</summary>
    private const int StepsOfOpening = 2000;

    private static readonly TimeSpan LongLife = TimeSpan.FromDays(7);

    private static readonly SearchValues<char> Controls =
        SearchValues.Create([.. Enumerable.Range(0, 256).Select(c => (char)c).Where(char.IsControl)]);

    private readonly RenderBudget _budget = context.Budget ?? new RenderBudget();
    private MachineView? _machine;
    private EnvView? _env;
    private DocumentView? _stage;
    private DocumentView? _task;
    private int _depth;

    /// <summary>Renders the content of a template reference: its text, or the template that it names.</summary>
    /// <exception cref="TemplateException">It fails, or the budget is spent.</exception>
    public string Render(TemplateInfo info)
        => info.ID.Length > 0 ? context.Catalog.TemplateSet.Execute(info.ID, this, _budget) : Render(info.Name, info.Contents);

    /// <summary>Renders a text of the catalog.</summary>
    /// <exception cref="TemplateException">It fails, or the budget is spent.</exception>
    public string Render(string name, string text)
        => context.Catalog.TemplateSet.Render(name, text, this, _budget, comesAgain: true);

    /// <inheritdoc/>
    public bool TryGet(string name, IReadOnlyList<object?> arguments, RenderBudget budget, out object? value)
    {
        string Argument(int i)
            => i < arguments.Count && arguments[i] is string s
                ? s : throw new TemplateFault($"argument {i + 1} of {name} must be a string");
        value = name switch
        {
            "Machine" => _machine ??= new MachineView(context),
            "Env" => context.Env is null ? null : _env ??= new EnvView(context, context.Env),
            "Stage" => context.Stage is null ? null : _stage ??= new DocumentView(context.Stage),
            "Task" => context.Task is null ? null : _task ??= new DocumentView(context.Task),
            "Param" => Param(Argument(0), budget),
            "ParamExists" => Find(Argument(0), budget) is not null,
            "ParamExpand" => Expand(Argument(0), budget),
            "ParamAsJSON" => Values.Json(Param(Argument(0), budget), budget),
            "ParamAsYAML" => RenderYaml.Write(Param(Argument(0), budget), budget),
            "BootParams" => BootParams(context.Arch, budget),
            "BootParamsFor" => BootParams(Argument(0), budget),
            "ProvisionerAddress" => context.Server.Address,
            "ProvisionerURL" => context.Server.FileUrl,
            "ApiURL" or "ApiHostURL" => context.Server.ApiUrl,
            "CurrentJob" => context.Job,
            "ComposeParam" => Compose(Argument(0), budget),
            "InstallRepos" => Repos(budget).ForInstall(OsName).ToList<object?>(),
            "MachineRepos" => Repos(budget).For(OsName).ToList<object?>(),
            "Repos" => Repos(budget).Tagged([.. arguments.Select((_, i) => Argument(i))]).ToList<object?>(),
            "ParseUrl" => ParseUrl(Argument(0), Argument(1)),
            "GenerateToken" =>
                Token(budget, context.Machine?.Uuid,
                    context.Catalog.Prefs.Seconds(context.Machine is null ? "unknownTokenTimeout" : "knownTokenTimeout")),
            "GenerateInfiniteToken" => context.Machine is null ? "" : Token(budget, context.Machine.Uuid, LongLife),
            "GenerateProfileToken" => throw new TemplateFault(
                "tokens that are limited to a profile are not made; a task's ExtraClaims give its job what it needs"),
            "CallTemplate" => CallTemplate(Argument(0), arguments.Count > 1 ? arguments[1] : this, budget),
            _ => this,
        };
        return !ReferenceEquals(value, this);
    }

    /// <summary>The system that the machine has, or the one that its boot environment installs.</summary>
    private string OsName => context.Machine?.OS is { Length: > 0 } own ? own : context.Env?.OS.Name ?? "";

    private string Token(RenderBudget budget, string? machine, TimeSpan life)
    {
        budget.Step(StepsOfToken);
        budget.Allocate(OctetsOfToken);
        return context.Token(machine, life);
    }

    private LayeredParam? Find(string name, RenderBudget budget)
    {
        // Every layer is asked.
        var layers = (context.Machine?.Profiles.Count ?? 0) + (context.Stage?.Profiles.Count ?? 0) + 4;
        budget.Step(layers + (name.Length / 64));
        budget.Allocate(512 + (128L * layers));
        return MachineParams.Find(name, context.Machine, context.Catalog);
    }

    private object? Param(string name, RenderBudget budget)
        => Opened(name, Find(name, budget) ?? throw new TemplateFault($"no such machine parameter {name}"), budget);

    /// <summary>The maps of all layers put together; in a map of several layers the highest one wins, and so does what is no
    /// map.</summary>
    private object? Compose(string name, RenderBudget budget)
    {
        if (Find(name, budget) is not { } highest) throw new TemplateFault($"no such machine parameter {name}");
        var composed = Opened(name, highest, budget);
        if (composed is not TemplateMap all) return composed;
        foreach (var layer in MachineParams.Layers(context.Machine, context.Catalog))
        {
            if (!layer.Values.TryGetValue(name, out var value) || (layer.Prefix == highest.Prefix && layer.Key == highest.Key)) continue;
            if (Opened(name, new LayeredParam(layer.Prefix, layer.Key, value), budget) is not TemplateMap lower) break;
            Add(all, lower, budget);
        }

        return all;
    }

    /// <summary>Adds what a map lacks; values come from documents, whose nesting has its bound.</summary>
    private static void Add(TemplateMap map, TemplateMap lower, RenderBudget budget)
    {
        foreach (var (key, value) in lower)
        {
            budget.Step(1 + (key.Length / 64));
            budget.Allocate(128);
            if (!map.TryGetValue(key, out var own)) map[key] = value;
            else if (own is TemplateMap inner && value is TemplateMap more) Add(inner, more, budget);
        }
    }

    private RenderRepos Repos(RenderBudget budget)
        => RenderRepos.From(Find(RenderRepos.Param, budget) is { } found ? Opened(RenderRepos.Param, found, budget) : null,
            context.Arch, budget);

    private object? Opened(string name, LayeredParam found, RenderBudget budget)
    {
        if (context.Machine?.Boot.IsTrusted != true && IsSecure(name, found.Value))
            throw new TemplateFault(
                $"the secure parameter {name} is not given to a machine that registered itself, until somebody approves of it");
        var opened = found.Value;
        if (SecureParams.IsSealed(found.Value))
        {
            budget.Step(StepsOfOpening);
            budget.Allocate(16L * JsonMarshal.GetRawUtf8Value(found.Value).Length);
        }

        if (context.Keys is { } keys ? !keys.TryOpen(found.Prefix, found.Key, found.Value, out opened)
            : SecureParams.IsSealed(found.Value))
            throw new TemplateFault(
                $"the secure parameter {name} cannot be opened: it was sealed for another object, or with a key that is gone");
        return Values.FromJson(opened, budget);
    }

    private bool IsSecure(string name, JsonElement value)
        => SecureParams.IsSealed(value) || (context.Catalog.Params.TryGetValue(name, out var param) && param.Secure);

    private string Expand(string name, RenderBudget budget)
    {
        var text = Param(name, budget) as string ?? throw new TemplateFault($"parameter {name} is not a string");
        return Nested(() => context.Catalog.TemplateSet.Render("param " + name, text, this, budget));
    }

    private string CallTemplate(string id, object? data, RenderBudget budget) => context.Catalog.TemplateSet.Contains(id)
        ? Nested(() => context.Catalog.TemplateSet.Execute(id, data, budget))
        : throw new TemplateFault($"no such template {id}");

    private string BootParams(string arch, RenderBudget budget)
    {
        var info = context.Env?.For(arch) ?? throw new TemplateFault($"no boot parameters for architecture {arch}");
        var own = OneLine(Nested(
            () => context.Catalog.TemplateSet.Render("BootParams of " + context.Env!.Name, info.BootParams, this, budget,
                comesAgain: true)));
        return context.Path.EndsWith(".ipxe", StringComparison.Ordinal) && info.Initrds.Count > 0
            ? $"initrd={info.Initrds[0][(info.Initrds[0].LastIndexOf('/') + 1)..]} {own}"
            : own;
    }

    /// <summary>A kernel's arguments are one line: a value with line ends adds no line to the script of a boot program.</summary>
    private static string OneLine(string text)
    {
        if (!text.AsSpan().ContainsAny(Controls)) return text.Trim();
        var ends = text.Where(char.IsControl).Distinct().ToArray();
        return string.Join(' ', text.Split(ends, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)).Trim();
    }

    private string Nested(Func<string> render)
    {
        if (++_depth > 20) throw new TemplateFault("templates and params expand each other without end");
        try
        {
            return render();
        }
        catch (TemplateException e)
        {
            throw new TemplateFault(e.Message, e.Spent);
        }
        finally
        {
            _depth--;
        }
    }

    private static string ParseUrl(string part, string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url)) throw new TemplateFault($"\"{text}\" is not an absolute URL");
        return part switch
        {
            "scheme" => url.Scheme,
            "host" => url.IsDefaultPort ? url.Host : $"{url.Host}:{url.Port}",
            "path" => url.AbsolutePath,
            _ => throw new TemplateFault($"ParseUrl knows scheme, host and path, not {part}"),
        };
    }

    /// <summary>A document's fields by their API names; each becomes a value when it is first asked for.</summary>
    private sealed class DocumentView(Document document) : ITemplateObject
    {
        private readonly Dictionary<string, object?> _fields = new(StringComparer.Ordinal);

        public bool TryGet(string name, IReadOnlyList<object?> arguments, RenderBudget budget, out object? value)
        {
            if (_fields.TryGetValue(name, out value)) return arguments.Count == 0;
            if (Json.Options.GetTypeInfo(document.GetType()).Properties.FirstOrDefault(
                p => p.Name == name) is not { Get: { } get } property) return false;
            var own = get(document);
            if (property.ShouldSerialize is { } isShown && !isShown(document, own)) return false;
            _fields[name] = value = Values.From(own is string ? own : Element(own, property.PropertyType, budget), budget);
            return arguments.Count == 0;
        }

        private static JsonElement Element(object? own, Type type, RenderBudget budget)
        {
            // Twice: as text, and as the tree that is read of it. Nothing of a document is larger than a document may be.
            budget.Allocate(1024);
            using var text = new ChargedStream(budget);
            JsonSerializer.Serialize(text, own, type, Json.Options);
            return JsonElement.Parse(text.Written, new JsonDocumentOptions { MaxDepth = Json.Options.MaxDepth });
        }
    }

    private sealed class MachineView(RenderContext context) : ITemplateObject
    {
        private DocumentView? _fields;

        /// <summary>The address that a file is for; in a job, which is for none, the machine's first.</summary>
        private string Mac(Machine machine) => context.Mac.Length > 0 ? context.Mac : machine.HardwareAddrs.FirstOrDefault() ?? "";

        private static bool Looked(int items, RenderBudget budget)
        {
            budget.Step(1 + (items / 8));
            return true;
        }

        public bool TryGet(string name, IReadOnlyList<object?> arguments, RenderBudget budget, out object? value)
        {
            var machine = context.Machine;
            if (machine is null)
            {
                value = name is "Name" or "Uuid" or "UUID" or "Address"
                    ? "" : throw new TemplateFault($"an unknown machine has no {name}");
                return true;
            }

            value = name switch
            {
                "Path" => $"machines/{machine.Uuid}",
                "Url" => $"{context.Server.FileUrl}/machines/{machine.Uuid}",
                "UUID" => machine.Uuid,
                "ShortName" => machine.Name.Split('.')[0],
                "HexAddress" => Network.IPv4.TryParse(machine.Address, out var address) ? Network.IPv4.Hex(address) : "",
                "MacAddr" => arguments.Count > 0 && arguments[0] is "pxelinux" ? Network.MacAddress.Pxelinux(Mac(machine)) : Mac(machine),
                "Context" => "",
                "HasProfile" =>
                    arguments.Count > 0 && Looked(machine.Profiles.Count, budget)
                        && machine.Profiles.Contains(arguments[0] as string ?? "", StringComparer.Ordinal),
                "Secret" => throw new TemplateFault("the machine's Secret is not given to templates"),
                _ => this,
            };
            return !ReferenceEquals(value, this) || (_fields ??= new DocumentView(machine)).TryGet(name, arguments, budget, out value);
        }
    }

    private sealed class EnvView(RenderContext context, BootEnv env) : ITemplateObject
    {
        private DocumentView? _fields;
        private OsView? _os;

        public bool TryGet(string name, IReadOnlyList<object?> arguments, RenderBudget budget, out object? value)
        {
            // Lists of files and architectures may be as long as a document.
            if (name.Contains("Initrds", StringComparison.Ordinal)) Charge(budget);
            string Text(int i)
                => i < arguments.Count ? arguments[i] as string ?? "" : throw new TemplateFault($"{name} needs {i + 1} arguments");
            value = name switch
            {
                "PathFor" => Located(Text(0), context.Arch, Text(1)),
                "PathForArch" => Located(Text(0), Text(2), Text(1)),
                "Kernel" => Info(context.Arch).Kernel,
                "KernelFor" => Info(Text(0)).Kernel,
                "Initrds" => Info(context.Arch).Initrds.ToList<object?>(),
                "InitrdsFor" => Info(Text(0)).Initrds.ToList<object?>(),
                "JoinInitrds" => string.Join(' ', Info(context.Arch).Initrds.Select(i => Located(Text(0), context.Arch, i))),
                "JoinInitrdsFor" => string.Join(' ', Info(Text(1)).Initrds.Select(i => Located(Text(0), Text(1), i))),
                "InstallUrl" => $"{context.Server.FileUrl}/{env.Folder(context.Arch)}",
                "OS" => _os ??= Os(budget),
                _ => this,
            };
            return !ReferenceEquals(value, this) || (_fields ??= new DocumentView(env)).TryGet(name, arguments, budget, out value);
        }

        private string Located(string protocol, string arch, string file) => protocol switch
        {
            "http" => $"{context.Server.FileUrl}/{env.PathFor(arch, file)}",
            "tftp" => env.PathFor(arch, file),
            "disk" => env.PathFor(arch, file),
            _ => throw new TemplateFault($"no such protocol {protocol}: http, tftp or disk"),
        };

        private ArchInfo Info(string arch)
            => env.For(arch) ?? throw new TemplateFault($"boot environment {env.Name} does not support {arch}");

        private void Charge(RenderBudget budget)
        {
            var files = env.OS.SupportedArchitectures.Values.SelectMany(a => a.Initrds).Concat(env.Initrds).ToList();
            budget.Step(1 + files.Count);
            budget.Allocate(512 + files.Sum(f => 512L + (4L * f.Length)));
        }

        private OsView Os(RenderBudget budget)
        {
            budget.Step(100);
            var json = Json.Element(env.Canonical());
            budget.Allocate(4L * JsonMarshal.GetRawUtf8Value(json).Length);
            return new OsView(env.OS, new TemplateMap((IReadOnlyDictionary<string, object?>)Values.FromJson(json, budget)!)
            {
                ["FamilyName"] = env.OS.FamilyName,
                ["FamilyType"] = env.OS.FamilyType,
                ["FamilyVersion"] = env.OS.FamilyVersion,
            });
        }
    }

    /// <summary>An operating system's fields, and whether it is of a version.</summary>
    private sealed class OsView(OsInfo os, TemplateMap fields) : ITemplateObject
    {
        public bool TryGet(string name, IReadOnlyList<object?> arguments, RenderBudget budget, out object? value)
        {
            if (name != "VersionEq") return fields.TryGetValue(name, out value) && arguments.Count == 0;
            if (arguments is not [string version]) throw new TemplateFault("VersionEq needs one version");
            budget.Step(1 + (version.Length / 8));
            budget.Allocate(64L * (version.Length + os.Version.Length + 1));
            // As many parts as are given have to be the same.
            var (wanted, own) = (version.Split('.'), os.FamilyVersion.Split('.'));
            value = wanted.Length <= own.Length && wanted.SequenceEqual(own.Take(wanted.Length), StringComparer.Ordinal);
            return true;
        }

        public override string ToString() => os.Name;
    }
}
