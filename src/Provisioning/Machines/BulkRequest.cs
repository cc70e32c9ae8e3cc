using System.Text.Json;
using System.Text.Json.Nodes;
using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Machines;

/// <summary>
/// What is to be done to many machines: which (a filter, or uuids), and what: changes of each, which go together into one patch, or else
/// its deletion, approval, or an action. What is left out is not done.
/// </summary>
public sealed record BulkRequest
{
    /// <summary>Most machines of one call.</summary>
    public const int MostMachines = 10_000;

    /// <summary>Most machines that are changed at once.</summary>
    public const int MostParallel = 16;

    /// <summary>Machines that are changed at once where nobody says.</summary>
    public const int UsualParallel = 8;

    /// <summary>Most octets of the whole, as the changes are sent to every machine.</summary>
    public const int MostOctets = 1 << 20;

    /// <summary>Most names in one list of profiles or params.</summary>
    public const int MostNames = 256;

    /// <summary>Most characters of a filter.</summary>
    public const int LongestFilter = 8192;

    /// <summary>The machines of a list, as its query says it (`Profiles=web&amp;limit=10`); "" for <see cref="Uuids"/>.</summary>
    public string Filter { get; init => field = value ?? ""; } = "";

    /// <summary>The machines by their uuids.</summary>
    public IReadOnlyList<string> Uuids { get; init => field = value ?? []; } = [];

    /// <summary>Where more machines than these match, nothing is done; 0: where they are more than any call takes.</summary>
    public int Most { get; init; }

    /// <summary>Machines that are changed at once; 0 for the usual number.</summary>
    public int Parallel { get; init; }

    /// <summary>After so many failures no further machine is begun; 0: never.</summary>
    public int StopAfter { get; init; }

    /// <summary>A machine is left alone that has changed since it was listed.</summary>
    public bool IfUnchanged { get; init; }

    /// <summary>Operations on each machine (RFC 6902).</summary>
    public JsonElement Patch { get; init; }

    /// <summary>Params that each is given.</summary>
    public IReadOnlyDictionary<string, JsonElement> Params { get; init => field = value ?? new Dictionary<string, JsonElement>(); } =
        new Dictionary<string, JsonElement>();

    /// <summary>Params that are taken away from those that have them.</summary>
    public IReadOnlyList<string> RemoveParams { get; init => field = value ?? []; } = [];

    /// <summary>Profiles that each has afterwards; those that it has not come last.</summary>
    public IReadOnlyList<string> AddProfiles { get; init => field = value ?? []; } = [];

    /// <summary>Profiles that none has afterwards.</summary>
    public IReadOnlyList<string> RemoveProfiles { get; init => field = value ?? []; } = [];

    /// <summary>The stage that each is put in; null: it stays.</summary>
    public string? Stage { get; init; }

    /// <summary>The boot environment that each is put in; null: it stays.</summary>
    public string? BootEnv { get; init; }

    /// <summary>The workflow that each begins ("": none); null: it stays.</summary>
    public string? Workflow { get; init; }

    /// <summary>Whether tasks run; null: it stays.</summary>
    public bool? Runnable { get; init; }

    /// <summary>Each is deleted.</summary>
    public bool Delete { get; init; }

    /// <summary>Each is approved of.</summary>
    public bool Approve { get; init; }

    /// <summary>An action that each has, as plugins give them; "" for none.</summary>
    public string Action { get; init => field = value ?? ""; } = "";

    /// <summary>True where each machine is patched.</summary>
    public bool IsChange => Patch.ValueKind != JsonValueKind.Undefined || Params.Count > 0 || RemoveParams.Count > 0
        || AddProfiles.Count > 0 || RemoveProfiles.Count > 0 || Stage is not null || BootEnv is not null || Workflow is not null
        || Runnable is not null;

    /// <summary>True where what is written depends on what a machine has: who may not read it cannot do so.</summary>
    public bool LooksAtMachines => AddProfiles.Count > 0 || RemoveProfiles.Count > 0 || RemoveParams.Count > 0;

    /// <summary>What is to be done, in a few words.</summary>
    public string What => Delete ? "delete" : Approve ? "approve" : Action.Length > 0 ? $"action {ShortText.Of(Action, 64)}" : "change";

    /// <summary>What is wrong with it, whatever machines there are.</summary>
    public IEnumerable<string> Problems()
    {
        if (Filter.Length > 0 == Uuids.Count > 0)
            yield return "Filter or Uuids says which machines, not both; for all machines Filter is Name=Ne()";
        if (Filter.Length > LongestFilter) yield return $"Filter has at most {LongestFilter} characters";
        if (Uuids.Count > MostMachines) yield return $"Uuids are at most {MostMachines}";
        if (Uuids.FirstOrDefault(u => !UuidRules.TryRead(u, out _)) is { } wrong)
            yield return $"Uuids: `{ShortText.Of(wrong, 64)}` is no uuid";
        if (Most is < 0 or > MostMachines) yield return $"Most is from 0 to {MostMachines}";
        if (Parallel is < 0 or > MostParallel) yield return $"Parallel is from 0 to {MostParallel}";
        if (StopAfter < 0) yield return "StopAfter is 0, or a number of failures";
        var acts = new[] { IsChange, Delete, Approve, Action.Length > 0 }.Count(a => a);
        if (acts != 1)
            yield return "one thing is done to each machine: changes (Patch, Params, RemoveParams, AddProfiles, RemoveProfiles, Stage, "
                + "BootEnv, Workflow, Runnable), or Delete, or Approve, or Action";
        if (Patch.ValueKind is not (JsonValueKind.Undefined or JsonValueKind.Array))
            yield return "Patch is an array of operations (RFC 6902)";
        if (Patch.ValueKind == JsonValueKind.Array && Patch.GetArrayLength() == 0) yield return "Patch has no operation";
        foreach (var (name, list) in new[]
        {
            (nameof(AddProfiles), AddProfiles), (nameof(RemoveProfiles), RemoveProfiles), (nameof(RemoveParams), RemoveParams),
        })
        {
            if (list.Count > MostNames) yield return $"{name} has at most {MostNames} names";
            if (list.Contains("", StringComparer.Ordinal)) yield return $"{name} has an empty name";
        }

        if (AddProfiles.Intersect(RemoveProfiles, StringComparer.Ordinal).FirstOrDefault() is { } both)
            yield return $"the profile {ShortText.Of(both, 64)} cannot be added and removed";
        if (RemoveParams.FirstOrDefault(Params.ContainsKey) is { } param)
            yield return $"the param {ShortText.Of(param, 64)} cannot be set and removed";
    }

    /// <summary>The patch of one machine; without operations where all is so already.</summary>
    /// <param name="machine">The machine as it is, where <see cref="LooksAtMachines"/>; else null.</param>
    public JsonElement PatchOf(Machine? machine)
    {
        var operations = new JsonArray();
        if (machine is not null)
        {
            var profiles = machine.Profiles.Except(RemoveProfiles, StringComparer.Ordinal)
                .Concat(AddProfiles.Where(p => !machine.Profiles.Contains(p, StringComparer.Ordinal))).Distinct(StringComparer.Ordinal)
                .ToList();
            if (!profiles.SequenceEqual(machine.Profiles, StringComparer.Ordinal))
            {
                // Who changed them meanwhile is not undone.
                operations.Add(Operation("test", "/Profiles", Json.Node(machine.Profiles)));
                operations.Add(Operation("replace", "/Profiles", Json.Node(profiles)));
            }

            foreach (var name in RemoveParams.Where(machine.Params.ContainsKey).Distinct(StringComparer.Ordinal))
                operations.Add(Operation("remove", ParamAt(name), null));
        }

        foreach (var (name, value) in Params.OrderBy(p => p.Key, StringComparer.Ordinal))
            operations.Add(Operation("add", ParamAt(name), Json.Node(value)));
        if (Patch.ValueKind == JsonValueKind.Array)
        {
            foreach (var operation in Patch.EnumerateArray()) operations.Add(Json.Node(operation));
        }

        if (Stage is not null) operations.Add(Operation("replace", "/Stage", Stage));
        if (BootEnv is not null) operations.Add(Operation("replace", "/BootEnv", BootEnv));
        if (Workflow is not null) operations.Add(Operation("replace", "/Workflow", Workflow));
        if (Runnable is { } runs) operations.Add(Operation("replace", "/Runnable", runs));
        return Json.Element(operations);
    }

    private static string ParamAt(string name) => $"/Params/{JsonPatch.Escape(name)}";

    private static JsonObject Operation(string op, string path, JsonNode? value)
        => new() { ["op"] = op, ["path"] = path, ["value"] = value };
}
