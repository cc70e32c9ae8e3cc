using System.Text.Json;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Machines;
using Anvil.Provisioning.Network;
using Anvil.Templates;
using YamlDotNet.Serialization;

namespace Anvil.Provisioning.Boot;

/// <summary>The dot of boot files and job scripts: the names that DRP's templates use.</summary>
public sealed class RenderData(RenderContext context) : ITemplateObject
{
    private static readonly IReadOnlyDictionary<string, Func<IReadOnlyList<object?>, object?>> NoMethods = new Dictionary<string,
        Func<IReadOnlyList<object?>, object?>>();
    private static readonly TimeSpan LongLife = TimeSpan.FromDays(7);
    private int _depth;

    /// <summary>Renders the content of a template reference: its text, or the template that it names.</summary>
    public string Render(TemplateInfo info)
        => info.ID.Length > 0 ? context.Catalog.TemplateSet.Execute(info.ID, this)
            : context.Catalog.TemplateSet.Render(info.Name, info.Contents, this);

    /// <inheritdoc/>
    public bool TryGet(string name, IReadOnlyList<object?> arguments, out object? value)
    {
        string Argument(int i)
            => i < arguments.Count && arguments[i] is string s
                ? s : throw new TemplateFault($"argument {i + 1} of {name} must be a string");
        value = name switch
        {
            "Machine" => new MachineView(context),
            "Env" => context.Env is null ? null : new EnvView(context, context.Env),
            "Stage" => context.Stage is null ? null : new DocumentView(context.Stage, NoMethods),
            "Task" => context.Task is null ? null : new DocumentView(context.Task, NoMethods),
            "Param" => Param(Argument(0)),
            "ParamExists" => MachineParams.TryResolve(Argument(0), context.Machine, context.Catalog, out _),
            "ParamExpand" => Expand(Argument(0)),
            "ParamAsJSON" => Values.Json(Param(Argument(0))),
            "ParamAsYAML" => new SerializerBuilder().JsonCompatible().Build().Serialize(Param(Argument(0)) ?? ""),
            "BootParams" => BootParams(context.Arch),
            "BootParamsFor" => BootParams(Argument(0)),
            "ProvisionerAddress" => context.Server.Address,
            "ProvisionerURL" => context.Server.FileUrl,
            "ApiURL" => context.Server.ApiUrl,
            "ParseUrl" => ParseUrl(Argument(0), Argument(1)),
            "GenerateToken" =>
                context.Token(context.Machine?.Uuid,
                    context.Catalog.Prefs.Seconds(context.Machine is null ? "unknownTokenTimeout" : "knownTokenTimeout")),
            "GenerateInfiniteToken" => context.Machine is null ? "" : context.Token(context.Machine.Uuid, LongLife),
            "CallTemplate" => CallTemplate(Argument(0), arguments.Count > 1 ? arguments[1] : this),
            _ => this,
        };
        return !ReferenceEquals(value, this);
    }

    private object? Param(string name)
    {
        if (MachineParams.Find(name, context.Machine, context.Catalog) is not { } found)
            throw new TemplateFault($"no such machine parameter {name}");
        if (context.Machine?.Boot.IsTrusted != true && IsSecure(name, found.Value))
            throw new TemplateFault(
                $"the secure parameter {name} is not given to a machine that registered itself, until somebody approves of it");
        var opened = found.Value;
        if (context.Keys is { } keys ? !keys.TryOpen(found.Prefix, found.Key, found.Value, out opened)
            : SecureParams.IsSealed(found.Value))
            throw new TemplateFault(
                $"the secure parameter {name} cannot be opened: it was sealed for another object, or with a key that is gone");
        return Values.FromJson(opened);
    }

    private bool IsSecure(string name, JsonElement value)
        => SecureParams.IsSealed(value) || (context.Catalog.Params.TryGetValue(name, out var param) && param.Secure);

    private string Expand(string name)
    {
        var text = Param(name) as string ?? throw new TemplateFault($"parameter {name} is not a string");
        return Nested(() => context.Catalog.TemplateSet.Render("param " + name, text, this));
    }

    private string CallTemplate(string id, object? data)
        => context.Catalog.TemplateSet.Contains(id)
            ? Nested(() => context.Catalog.TemplateSet.Execute(id, data)) : throw new TemplateFault($"no such template {id}");

    private string BootParams(string arch)
    {
        var info = context.Env?.For(arch) ?? throw new TemplateFault($"no boot parameters for architecture {arch}");
        var own = Nested(() => context.Catalog.TemplateSet.Render("BootParams of " + context.Env!.Name, info.BootParams, this)).Trim();
        return context.Path.EndsWith(".ipxe", StringComparison.Ordinal) && info.Initrds.Count > 0
            ? $"initrd={info.Initrds[0][(info.Initrds[0].LastIndexOf('/') + 1)..]} {own}"
            : own;
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
            throw new TemplateFault(e.Message);
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

    /// <summary>A document's fields by their API names, with methods beside them.</summary>
    private sealed class DocumentView(Document document, IReadOnlyDictionary<string, Func<IReadOnlyList<object?>, object?>> methods)
        : ITemplateObject
    {
        private IReadOnlyDictionary<string, object?>? _fields;

        public bool TryGet(string name, IReadOnlyList<object?> arguments, out object? value)
        {
            if (methods.TryGetValue(name, out var method))
            {
                value = method(arguments);
                return true;
            }

            _fields ??= (IReadOnlyDictionary<string, object?>)Values.FromJson(
                JsonSerializer.SerializeToElement(document, document.GetType(), Json.Options))!;
            return _fields.TryGetValue(name, out value) && arguments.Count == 0;
        }
    }

    private sealed class MachineView(RenderContext context) : ITemplateObject
    {
        private DocumentView? _fields;

        public bool TryGet(string name, IReadOnlyList<object?> arguments, out object? value)
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
                "MacAddr" => arguments.Count > 0 && arguments[0] is "pxelinux" ? Network.MacAddress.Pxelinux(context.Mac) : context.Mac,
                "HasProfile" => arguments.Count > 0 && machine.Profiles.Contains(arguments[0] as string ?? "", StringComparer.Ordinal),
                "Secret" => throw new TemplateFault("the machine's Secret is not given to templates"),
                _ => this,
            };
            return !ReferenceEquals(value, this) || (_fields ??= new DocumentView(machine, NoMethods)).TryGet(name, arguments, out value);
        }
    }

    private sealed class EnvView(RenderContext context, BootEnv env) : ITemplateObject
    {
        private DocumentView? _fields;

        public bool TryGet(string name, IReadOnlyList<object?> arguments, out object? value)
        {
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
                "OS" => Os(),
                _ => this,
            };
            return !ReferenceEquals(value, this) || (_fields ??= new DocumentView(env, NoMethods)).TryGet(name, arguments, out value);
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

        private TemplateMap Os()
        {
            var map = new TemplateMap((IReadOnlyDictionary<string, object?>)Values.FromJson(Json.Element(env.OS))!)
            {
                ["FamilyName"] = env.OS.FamilyName,
                ["FamilyType"] = env.OS.FamilyType,
                ["FamilyVersion"] = env.OS.FamilyVersion,
            };
            return map;
        }
    }
}
