using System.Buffers;
using System.Globalization;
using System.Numerics;
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
    private TaskView? _task;
    private int _depth;

    /// <summary>
    /// Renders the content of a template reference: its text, the template that it names, or the path that it links to.
    /// </summary>
    /// <exception cref="TemplateException">It fails, or the budget is spent.</exception>
    public string Render(TemplateInfo info)
        => info.ID.Length > 0 ? context.Templates.Execute(info.ID, this, _budget)
            : Render(info.Name, info.Link.Length > 0 ? info.Link : info.Contents);

    /// <summary>Renders a text of the catalog.</summary>
    /// <exception cref="TemplateException">It fails, or the budget is spent.</exception>
    public string Render(string name, string text)
        => context.Templates.Render(name, text, this, _budget, comesAgain: true);

    /// <inheritdoc/>
    public bool TryGet(string name, IReadOnlyList<object?> arguments, RenderBudget budget, out object? value)
    {
        string Argument(int i)
            => i < arguments.Count && arguments[i] is string s
                ? s : throw new TemplateFault($"argument {i + 1} of {name} must be a string");
        value = name switch
        {
            "Machine" => _machine ??= new MachineView(context),
            "Env" => context.Env is null ? null : _env ??= new EnvView(context, context.Env, BootParams),
            "Stage" => context.Stage is null ? null : _stage ??= new DocumentView(context.Stage, context),
            "Task" => context.Task is null ? null : _task ??= new TaskView(context.Task, context),
            "Param" => Param(Argument(0), budget),
            "ParamExists" => Find(Argument(0), budget) is not null,
            "ParamExpand" => Expanded($"param {Argument(0)}", Param(Argument(0), budget), budget),
            "ParamComposeExpand" => Expanded($"param {Argument(0)}", Compose(Argument(0), budget), budget),
            "StringExpand" => Expanded("StringExpand", Argument(0), budget),
            "ObjectExpand" => Expanded("ObjectExpand", arguments is [var wanted] ? wanted
                : throw new TemplateFault("ObjectExpand needs one value"), budget),
            "ParamAsJSON" => Values.EncodedJson(Param(Argument(0), budget), budget),
            "ParamAsYAML" => RenderYaml.Write(Param(Argument(0), budget), budget),
            "BootParams" => BootParams(context.Arch, budget),
            "BootParamsFor" => BootParams(Argument(0), budget),
            "ProvisionerAddress" => context.Server.Address,
            "ProvisionerURL" or "ProvisionerHostURL" => context.Server.FileUrl,
            "SecureProvisionerURL" or "SecureProvisionerHostURL" => throw new TemplateFault("boot files are served by HTTP alone"),
            "ApiURL" or "ApiHostURL" => context.Server.ApiUrl,
            // Anvil's own: DRP's agents and installers ask without looking who answers.
            "ApiPin" => context.Server.ApiPin,
            "CurrentJob" => context.Job,
            "ComposeParam" or "ParamCompose" => Compose(Argument(0), budget),
            "InstallRepos" => Repos(budget).ForInstall(Os.Name, LocalRepo(budget)).ToList<object?>(),
            "MachineRepos" => Repos(budget).For(Os.Name).ToList<object?>(),
            "Repos" => Tagged([.. arguments.Select((_, i) => Argument(i))], budget),
            "ParseUrl" or "ParseURL" => ParseUrl(Argument(0), Argument(1), budget),
            "GenerateToken" =>
                Token(budget, context.Machine?.Uuid,
                    context.Catalog.Prefs.Seconds(context.Machine is null ? "unknownTokenTimeout" : "knownTokenTimeout")),
            "GenerateInfiniteToken" => context.Machine is null ? "" : Token(budget, context.Machine.Uuid, LongLife),
            "GenerateProfileToken" => ProfileToken(Argument(0), arguments.Count > 1 ? Values.ToLong(arguments[1]) : 0, budget),
            "NetmaskToCIDR" => NetmaskToCidr(Argument(0)),
            "CallTemplate" => CallTemplate(Argument(0), arguments.Count > 1 ? arguments[1] : this, budget),
            _ => this,
        };
        return !ReferenceEquals(value, this);
    }

    /// <summary>
    /// The system that the machine's installer installs, else the one that the machine has, else the one of its boot environment.
    /// </summary>
    private OsInfo Os => (context.Env?.OS, context.Machine?.OS) switch
    {
        (var env, var own) when env is not null && (string.IsNullOrEmpty(own) || own == env.Name
            || BootEnvFiles.IsInstaller(context.Env!.Name)) => env,
        (_, var own) => new OsInfo { Name = own ?? "" },
    };

    private string Token(RenderBudget budget, string? machine, TimeSpan life)
    {
        budget.Step(StepsOfToken);
        budget.Allocate(OctetsOfToken);
        return context.Token(machine, life, "");
    }

    private LayeredParam? Find(string name, RenderBudget budget)
    {
        // Every layer is asked.
        var layers = (context.Machine?.Profiles.Count ?? 0) + (context.Stage?.Profiles.Count ?? 0) + 4;
        budget.Step(layers + (name.Length / 64));
        budget.Allocate(512 + (128L * layers));
        var found = MachineParams.Find(name, context.Machine, context.Catalog);
        context.Reads?.Add(name, found);
        return found;
    }

    private object? Param(string name, RenderBudget budget)
        => Opened(name, Find(name, budget) ?? throw new TemplateFault($"no such machine parameter {name}"), budget);

    /// <summary>
    /// The maps or lists of all layers put together, the highest first; in a map of several layers the highest one wins, and so does what
    /// is neither.
    /// </summary>
    private object? Compose(string name, RenderBudget budget)
    {
        if (Find(name, budget) is not { } highest)
        {
            // Of a list or a map that nobody has set there is nothing, which is no fault.
            return TypeOf(name) switch
            {
                "array" => new List<object?>(),
                "object" => new TemplateMap(),
                _ => throw new TemplateFault($"no such machine parameter {name}"),
            };
        }

        var composed = Opened(name, highest, budget);
        if (composed is IReadOnlyList<object?> list) return Joined(name, list, highest, budget);
        if (composed is not TemplateMap all) return composed;
        foreach (var layer in MachineParams.Layers(context.Machine, context.Catalog))
        {
            if (!layer.Values.TryGetValue(name, out var value) || (layer.Prefix == highest.Prefix && layer.Key == highest.Key)) continue;
            context.Reads?.Add(name, new LayeredParam(layer.Prefix, layer.Key, value));
            if (Opened(name, new LayeredParam(layer.Prefix, layer.Key, value), budget) is not TemplateMap lower) break;
            Add(all, lower, budget);
        }

        return all;
    }

    private string TypeOf(string name)
        => context.Catalog.Params.TryGetValue(name, out var param) && param.Schema.ValueKind == JsonValueKind.Object
            && param.Schema.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String ? type.GetString()! : "";

    private List<object?> Joined(string name, IReadOnlyList<object?> highest, LayeredParam from, RenderBudget budget)
    {
        var all = new List<object?>(highest);
        foreach (var layer in MachineParams.Layers(context.Machine, context.Catalog))
        {
            if (!layer.Values.TryGetValue(name, out var value) || (layer.Prefix == from.Prefix && layer.Key == from.Key)) continue;
            context.Reads?.Add(name, new LayeredParam(layer.Prefix, layer.Key, value));
            if (Opened(name, new LayeredParam(layer.Prefix, layer.Key, value), budget) is not IReadOnlyList<object?> lower) break;
            budget.Step(lower.Count);
            budget.Allocate(64L * (all.Count + lower.Count));
            all.AddRange(lower);
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
            context.Arch, Target(budget), budget);

    private List<object?> Tagged(List<string> tags, RenderBudget budget)
    {
        // The arguments as a list, and as a set, for which each is read whole.
        budget.Step(1 + tags.Count + tags.Sum(t => t.Length / 64L));
        budget.Allocate(256 + (64L * tags.Count));
        return Repos(budget).Tagged(tags.ToHashSet(StringComparer.Ordinal)).ToList<object?>();
    }

    private RepoTarget Target(RenderBudget budget)
    {
        var proxies = Find("proxy-servers", budget) is { } found ? Opened("proxy-servers", found, budget) : null;
        var proxy = proxies is IReadOnlyList<object?> { Count: > 0 } all
            ? all[0] as string ?? (all[0] as IReadOnlyDictionary<string, object?>)?.GetValueOrDefault("url") as string : null;
        return new RepoTarget(Os, proxy ?? "", this);
    }

    /// <summary>The files of the installer that the machine boots, as a repository.</summary>
    private RenderRepo? LocalRepo(RenderBudget budget)
    {
        if (context.Env is not { } env || !BootEnvFiles.IsInstaller(env.Name)) return null;
        return new RenderRepo(
            new TemplateMap
            {
                ["tag"] = env.Name,
                ["os"] = new List<object?> { env.OS.Name },
                ["url"] = $"{context.Server.FileUrl}/{env.Folder(context.Arch)}",
                ["installSource"] = true,
            },
            Target(budget));
    }

    /// <summary>
    /// A token that may read a profile and set its params, for as many seconds (DRP). It is the machine's otherwise, and ends when that
    /// does. Only a profile that the machine has, and that is made to be shared so, is written by it: one of its params holds its own
    /// name (DRP's pattern of clusters). Of others it gives what the task is given: which profile is meant is often a param, and a job
    /// may write its machine's params and profiles.
    /// </summary>
    private string ProfileToken(string profile, long seconds, RenderBudget budget)
    {
        if (context.Machine is not { } machine) throw new TemplateFault("an unknown machine is given no token of a profile");
        budget.Step(StepsOfToken);
        budget.Allocate(OctetsOfToken);
        var isOwn = machine.Boot.IsTrusted && ProfileTokens.MayHave(profile, machine.Profiles, machine.Stage, context.Catalog);
        var life = seconds > 0 ? TimeSpan.FromSeconds(Math.Min(seconds, (long)LongLife.TotalSeconds))
            : context.Catalog.Prefs.Seconds("knownTokenTimeout");
        return context.Token(machine.Uuid, life, isOwn ? profile : "");
    }

    private static object NetmaskToCidr(string mask)
    {
        if (!Network.IPv4.TryParse(mask, out var bits)) throw new TemplateFault($"NetmaskToCIDR: \"{mask}\" is no netmask");
        var ones = BitOperations.PopCount(bits);
        return bits == (ones == 0 ? 0 : uint.MaxValue << (32 - ones)) ? (long)ones
            : throw new TemplateFault($"NetmaskToCIDR: \"{mask}\" is no netmask");
    }

    private object? Opened(string name, LayeredParam found, RenderBudget budget)
    {
        var isSecret = context.Catalog.IsSecret(name, found.Value);
        if (!context.MayBeGiven && isSecret)
            throw new TemplateFault(
                $"the secure parameter {name} is not given to a machine that registered itself, until somebody approves of it");
        if (isSecret && context.Shows?.Invoke(name, found) == false)
        {
            context.Reads?.Mask(name, found);
            return RenderContext.Masked;
        }

        // In clear it is where a content pack has it, and where it was written before its param became secure.
        if (context.Keys is null && isSecret)
            throw new TemplateFault($"the secure parameter {name} is given to the machine, and to who may open it");
        if (isSecret) budget.Confide(name);
        var opened = found.Value;
        if (SecureParams.IsSealed(found.Value))
        {
            budget.Step(StepsOfOpening);
            budget.Allocate(16L * JsonMarshal.GetRawUtf8Value(found.Value).Length);
        }

        if (context.Keys is { } keys && !keys.TryOpen(found.Prefix, found.Key, found.Value, out opened))
            throw new TemplateFault(
                $"the secure parameter {name} cannot be opened: it was sealed for another object, or with a key that is gone");
        return Values.FromJson(opened, budget);
    }

    /// <summary>A value whose texts are templates, rendered; those within lists and maps too.</summary>
    private object? Expanded(string what, object? value, RenderBudget budget)
    {
        budget.Step(1);
        switch (value)
        {
            case string text:
                return text.Contains("{{", StringComparison.Ordinal)
                    ? Nested(() => context.Templates.Render(what, text, this, budget)) : text;
            case IReadOnlyList<object?> list:
                budget.Allocate(64L * list.Count);
                return Nested(() => list.Select(i => Expanded(what, i, budget)).ToList());
            case IReadOnlyDictionary<string, object?> map:
                budget.Allocate(256L * map.Count);
                return Nested(() => new TemplateMap(map.Select(p => KeyValuePair.Create(p.Key, Expanded(what, p.Value, budget)))));
            default:
                return value;
        }
    }

    private string CallTemplate(string id, object? data, RenderBudget budget) => context.Templates.Contains(id)
        ? Nested(() => context.Templates.Execute(id, data, budget))
        : throw new TemplateFault($"no such template {id}");

    private string BootParams(string arch, RenderBudget budget)
    {
        var info = context.Env?.For(arch) ?? throw new TemplateFault($"no boot parameters for architecture {arch}");
        var own = OneLine(Nested(
            () => context.Templates.Render("BootParams of " + context.Env!.Name, info.BootParams, this, budget,
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

    private T Nested<T>(Func<T> render)
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

    private static string ParseUrl(string part, string text, RenderBudget budget)
    {
        budget.Step(1 + (text.Length / 64));
        budget.Allocate(512 + (128L * text.Length));
        var url = GoUrl.Parse(text);
        return part switch
        {
            "scheme" => url.Scheme,
            "host" => url.Host,
            "path" => url.Path,
            _ => throw new TemplateFault($"ParseUrl knows scheme, host and path, not {part}"),
        };
    }

    /// <summary>A task, and the system that its files are for.</summary>
    private sealed class TaskView(TaskDefinition task, RenderContext context) : ITemplateObject
    {
        private readonly DocumentView _fields = new(task, context);

        public bool TryGet(string name, IReadOnlyList<object?> arguments, RenderBudget budget, out object? value)
        {
            if (name != "TargetOS") return _fields.TryGet(name, arguments, budget, out value);
            value = context.TargetOS;
            return arguments.Count == 0;
        }
    }

    /// <summary>A document's fields by their API names; each becomes a value when it is first asked for.</summary>
    private sealed class DocumentView(Document document, RenderContext context) : ITemplateObject
    {
        private readonly Dictionary<string, object?> _fields = new(StringComparer.Ordinal);

        public bool TryGet(string name, IReadOnlyList<object?> arguments, RenderBudget budget, out object? value)
        {
            if (_fields.TryGetValue(name, out value)) return arguments.Count == 0;
            if (Json.Options.GetTypeInfo(document.GetType()).Properties.FirstOrDefault(
                p => p.Name == name) is not { Get: { } get } property) return false;
            var own = get(document);
            if (property.ShouldSerialize is { } isShown && !isShown(document, own)) return false;
            if (own is IReadOnlyDictionary<string, JsonElement> values)
            {
                // Who looks is shown secrets one by one.
                if (!context.MayOpen || context.Shows is not null) own = context.Catalog.Masked(values);
                else Confide(values, budget);
            }

            _fields[name] = value = Values.From(own is string ? own : Element(own, property.PropertyType, budget), budget);
            return arguments.Count == 0;
        }

        /// <summary>What is sealed stays so here; what is in clear is seen.</summary>
        private void Confide(IReadOnlyDictionary<string, JsonElement> values, RenderBudget budget)
        {
            budget.Step(1 + (values.Count / 8));
            foreach (var (param, value) in values)
            {
                if (context.Catalog.IsSecret(param, value) && !SecureParams.IsSealed(value)) budget.Confide(param);
            }
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
        private string Mac(Machine machine, string form)
        {
            var mac = context.Mac.Length > 0 ? context.Mac : machine.HardwareAddrs.FirstOrDefault() ?? "";
            return form switch
            {
                "pxelinux" => Network.MacAddress.Pxelinux(mac),
                // What a Raspberry Pi's firmware calls its folder.
                "rpi4" => mac.Replace(':', '-'),
                _ => mac,
            };
        }

        private static bool Looked(int items, RenderBudget budget)
        {
            budget.Step(1 + (items / 8));
            return true;
        }

        public bool IsTrue => context.Machine is not null;

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
                "MacAddr" => Mac(machine, arguments is [string form, ..] ? form : ""),
                "Context" => "",
                "HasProfile" =>
                    arguments.Count > 0 && Looked(machine.Profiles.Count, budget)
                        && machine.Profiles.Contains(arguments[0] as string ?? "", StringComparer.Ordinal),
                "Secret" => throw new TemplateFault("the machine's Secret is not given to templates"),
                _ => this,
            };
            return !ReferenceEquals(value, this)
                || (_fields ??= new DocumentView(MachineRules.Undoubted(machine), context)).TryGet(name, arguments, budget, out value);
        }
    }

    private sealed class EnvView(RenderContext context, BootEnv env, Func<string, RenderBudget, string> bootParams)
        : ITemplateObject
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
                "BootParams" => bootParams(context.Arch, budget),
                "BootParamsFor" => bootParams(Text(0), budget),
                "JoinInitrds" => string.Join(' ', Info(context.Arch).Initrds.Select(i => Located(Text(0), context.Arch, i))),
                "JoinInitrdsFor" => string.Join(' ', Info(Text(1)).Initrds.Select(i => Located(Text(0), Text(1), i))),
                "InstallUrl" => $"{context.Server.FileUrl}/{env.Folder(context.Arch)}",
                "OS" => _os ??= Os(budget),
                _ => this,
            };
            return !ReferenceEquals(value, this)
                || (_fields ??= new DocumentView(env, context)).TryGet(name, arguments, budget, out value);
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
            // As many parts as are given have to be the same: as numbers, where they are some.
            var (wanted, own) = (version.Split('.'), os.FamilyVersion.Split('.'));
            value = wanted.Length <= own.Length && wanted.Zip(own).All(p => p.First == p.Second
                || (long.TryParse(p.First, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var a)
                    && long.TryParse(p.Second, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var b) && a == b));
            return true;
        }

        public override string ToString() => os.Name;
    }
}
