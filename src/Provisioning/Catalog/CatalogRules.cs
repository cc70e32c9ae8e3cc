using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Network;
using Anvil.Templates;

namespace Anvil.Provisioning.Catalog;

/// <summary>One kind of the catalog: a row, not a file of handlers.</summary>
/// <param name="Prefix">Name in paths.</param>
/// <param name="KeyField">Field that holds the key.</param>
/// <param name="Type">The document's type.</param>
/// <param name="Fill">Sets defaults of a new document.</param>
/// <param name="Problems">What breaks a rule; the old version is null for a new one.</param>
public sealed record CatalogKind(
    string Prefix, string KeyField, Type Type, Func<Document, Document> Fill, Func<Document, Document?, CatalogSnapshot, IEnumerable<string>> Problems)
{
    /// <summary>Reads a document of this kind.</summary>
    /// <exception cref="ApiException">400: the body does not have the kind's shape.</exception>
    public Document Read(JsonNode body, string type)
    {
        try
        {
            return (Document)(body.Deserialize(Type, Json.Options) ?? throw new JsonException("null where an object is needed"));
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            throw new ApiException(ApiError.BadRequest(Prefix, "", type, $"Invalid {Prefix} object: {e.Message}"));
        }
    }
}

/// <summary>The kinds of the catalog, with their rules (DRP's validation of each kind).</summary>
public static class CatalogRules
{
    private static readonly ParamSchemas Schemas = new();

    /// <summary>All kinds of the catalog by prefix.</summary>
    public static IReadOnlyDictionary<string, CatalogKind> Kinds { get; } = new CatalogKind[]
    {
        Row<BootEnv>("bootenvs", "Name", null, (e, _, c) => [.. Name(e.Name), .. TemplateInfos(e.Templates, c, pathNeeded: true), .. Parsed("BootParams", e.BootParams, c)]),
        Row<Template>("templates", "ID", null, (t, _, c) => [.. NameRules.IsMachineName(t.ID) ? [] : Invalid(t.ID), .. Parsed($"template {t.ID}", t.Contents, c, t.ID)]),
        Row<Stage>("stages", "Name", s => s with { RunnerWait = true }, (s, _, c) => [.. Name(s.Name), .. TemplateInfos(s.Templates, c, pathNeeded: true), .. Values(s.Params, c)]),
        Row<Workflow>("workflows", "Name", null, (w, _, _) => Name(w.Name)),
        Row<TaskDefinition>("tasks", "Name", SaneExitCodes, (t, _, c) => [.. Name(t.Name), .. TemplateInfos(t.Templates, c, pathNeeded: false), .. Circular(t, c)]),
        Row<Profile>("profiles", "Name", null, (p, _, c) => [.. Name(p.Name), .. Values(p.Params, c)]),
        Row<Param>("params", "Name", null, (p, _, _) => [.. NameRules.IsParamName(p.Name) ? [] : Invalid(p.Name), .. Schema(p)]),
        Row<Subnet>("subnets", "Name", FillSubnet, (s, old, _) => SubnetRules.Problems(s, old)),
        Row<Reservation>("reservations", "Addr", ReservationRules.Filled, (r, old, c) => ReservationRules.Problems(r, old, IPv4.TryParse(r.Addr, out var address) ? c.SubnetOf(address) : null, c)),
        Row<User>("users", "Name", FillUser, (u, _, _) => NameRules.IsUserName(u.Name) ? [] : Invalid(u.Name)),
    }.ToDictionary(k => k.Prefix, StringComparer.Ordinal);

    /// <summary>What still uses an object, as DRP names it in a 409; empty when it may be deleted. Machines are checked by the caller.</summary>
    public static IEnumerable<string> UsersOf(string prefix, string key, CatalogSnapshot catalog) => prefix switch
    {
        "tasks" => catalog.Stages.Values.Where(s => s.Tasks.Contains(key, StringComparer.Ordinal)).Select(s => $"stages:{s.Name} still uses {key}")
            .Concat(catalog.Tasks.Values.Where(t => t.Prerequisites.Contains(key, StringComparer.Ordinal)).Select(t => $"tasks:{t.Name} still uses {key}")),
        "stages" => catalog.Workflows.Values.Where(w => w.Stages.Contains(key, StringComparer.Ordinal)).Select(w => $"workflows:{w.Name} still uses {key}")
            .Concat(catalog.Prefs["defaultStage"] == key ? [$"{key} is the defaultStage"] : []),
        "workflows" => catalog.Prefs["defaultWorkflow"] == key ? [$"{key} is the defaultWorkflow"] : [],
        "bootenvs" => catalog.Stages.Values.Where(s => s.BootEnv == key).Select(s => $"stages:{s.Name} still uses {key}")
            .Concat(new[] { "defaultBootEnv", "unknownBootEnv" }.Where(p => catalog.Prefs[p] == key).Select(p => $"{key} is the {p}")),
        "profiles" => (key == Profile.Global ? ["global cannot be deleted"] : Array.Empty<string>())
            .Concat(catalog.Stages.Values.Where(s => s.Profiles.Contains(key, StringComparer.Ordinal)).Select(s => $"stages:{s.Name} still uses {key}")),
        "templates" => catalog.BootEnvs.Values.Where(e => Calls(e.Templates, key)).Select(e => $"bootenvs:{e.Name} still uses {key}")
            .Concat(catalog.Stages.Values.Where(e => Calls(e.Templates, key)).Select(e => $"stages:{e.Name} still uses {key}"))
            .Concat(catalog.Tasks.Values.Where(e => Calls(e.Templates, key)).Select(e => $"tasks:{e.Name} still uses {key}")),
        "subnets" => catalog.Reservations.Values.Where(r => r.Scoped && r.Subnet == key).Select(r => $"reservations:{r.Addr} still uses {key}"),
        "users" => catalog.Users.Count == 1 ? [$"{key} is the last user"] : [],
        _ => [],
    };

    /// <summary>What is wrong with a map of param values.</summary>
    public static IEnumerable<string> Values(IReadOnlyDictionary<string, JsonElement> values, CatalogSnapshot catalog)
        => values.Select(p => Schemas.Problem(p.Key, p.Value, catalog)).OfType<string>();

    private static CatalogKind Row<T>(string prefix, string keyField, Func<T, T>? fill, Func<T, T?, CatalogSnapshot, IEnumerable<string>> problems)
        where T : Document
        => new(prefix, keyField, typeof(T), d => fill is null ? d : fill((T)d), (d, old, c) => problems((T)d, (T?)old, c));

    private static IEnumerable<string> Name(string name) => NameRules.IsName(name) ? [] : Invalid(name);

    private static string[] Invalid(string name) => name.Length == 0 ? ["Empty key not allowed"] : [$"Invalid Name `{name}`"];

    private static bool Calls(IReadOnlyList<TemplateInfo> templates, string id) => templates.Any(t => t.ID == id);

    private static TaskDefinition SaneExitCodes(TaskDefinition task)
    {
        var flags = task.Meta.TryGetValue("feature-flags", out var all) ? all : "";
        if (flags.Contains("original-exit-codes", StringComparison.Ordinal) || flags.Contains("sane-exit-codes", StringComparison.Ordinal)) return task;
        return task with { Meta = new Dictionary<string, string>(task.Meta) { ["feature-flags"] = flags.Length == 0 ? "sane-exit-codes" : flags + ",sane-exit-codes" } };
    }

    private static User FillUser(User user) => user.Secret.Length > 0 ? user : user with { Secret = RandomNumberGenerator.GetHexString(32, lowercase: true) };

    private static Subnet FillSubnet(Subnet subnet)
    {
        var cidr = subnet.Cidr;
        var options = subnet.Options.Where(o => o.Code is not (1 or 28)).ToList();
        if (cidr.PrefixLength > 0)
        {
            options.Add(new DhcpOptionSetting(1, IPv4.Format(cidr.Mask)));
            options.Add(new DhcpOptionSetting(28, IPv4.Format(cidr.Broadcast)));
        }

        return subnet with
        {
            Strategy = subnet.Strategy.Length == 0 ? "MAC" : subnet.Strategy,
            ActiveLeaseTime = subnet.ActiveLeaseTime == 0 ? 60 : subnet.ActiveLeaseTime,
            ReservedLeaseTime = subnet.ReservedLeaseTime == 0 ? 7200 : subnet.ReservedLeaseTime,
            Pickers = subnet.Pickers.Count > 0 ? subnet.Pickers : subnet.OnlyReservations ? ["none"] : ["hint", "nextFree", "mostExpired"],
            Options = options,
        };
    }

    private static IEnumerable<string> TemplateInfos(IReadOnlyList<TemplateInfo> templates, CatalogSnapshot catalog, bool pathNeeded)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < templates.Count; i++)
        {
            var t = templates[i];
            if (t.Name.Length == 0) yield return $"Templates[{i}]: Name is empty";
            else if (!names.Add(t.Name)) yield return $"Templates[{i}]: Name {t.Name} is used twice";
            if (pathNeeded && t.Path.Length == 0) yield return $"Templates[{i}]: Path is empty";
            if ((t.ID.Length == 0) == (t.Contents.Length == 0)) yield return $"Templates[{i}]: exactly one of ID and Contents is needed";
            foreach (var problem in Parsed($"Templates[{i}].Path", t.Path, catalog)) yield return problem;
            foreach (var problem in Parsed($"Templates[{i}]", t.Contents, catalog)) yield return problem;
        }
    }

    private static IEnumerable<string> Parsed(string what, string text, CatalogSnapshot catalog, string? name = null)
    {
        string? problem = null;
        try
        {
            catalog.TemplateSet.With(name ?? what, text);
        }
        catch (TemplateException e)
        {
            problem = $"Parse error for {what}: {e.Message}";
        }

        return problem is null ? [] : [problem];
    }

    private static IEnumerable<string> Schema(Param param)
    {
        if (param.Schema.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null) yield break;
        if (param.Schema.ValueKind != JsonValueKind.Object) yield return "Schema must be a JSON object";
        else if (param.Schema.TryGetProperty("default", out var value) && Schemas.Problem(param.Name, value, param.Schema) is { } problem) yield return problem;
    }

    private static IEnumerable<string> Circular(TaskDefinition task, CatalogSnapshot catalog)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var open = new Stack<string>(task.Prerequisites);
        while (open.TryPop(out var next))
        {
            if (next == task.Name)
            {
                yield return $"Task {task.Name} is its own prerequisite";
                yield break;
            }

            if (!seen.Add(next) || !catalog.Tasks.TryGetValue(next, out var needed)) continue;
            foreach (var further in needed.Prerequisites) open.Push(further);
        }
    }
}
