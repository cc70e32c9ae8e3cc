using System.Text.Json;
using System.Text.Json.Nodes;
using Anvil.Contracts.Diagnostics;
using Anvil.Contracts.Subnets;
using Anvil.Contracts.Timeline;
using Anvil.Gateway.Api;
using Anvil.Objects;
using Anvil.Objects.Bulk;
using Anvil.Objects.Sheets;
using Anvil.Objects.Trials;
using Anvil.Objects.Verbs;
using Anvil.Objects.Webhooks;
using Anvil.Provisioning.Boot;
using Anvil.Provisioning.Lists;
using Anvil.Provisioning.Machines;
using Anvil.Provisioning.Webhooks;

namespace Anvil.Gateway.OpenApi;

/// <summary>
/// What is known of calls: of those that every kind has by the kinds themselves, of others by their verbs' own words and types. A call
/// that is not among them is told by its path and method alone.
/// </summary>
internal sealed class ApiOperations
{
    private const string Octets = "application/octet-stream";
    private const string Version = "ETag";
    private static readonly string[] Written = [Version, ApiRequest.DryRun];
    private static readonly string[] Counts =
        ["X-DRP-LIST-COUNT", "X-DRP-LIST-TOTAL-COUNT", "X-DRP-LIST-FILTER-COUNT", "X-Anvil-List-Next"];

    private readonly Dictionary<string, ApiOperation> _known = new(StringComparer.Ordinal);

    /// <summary>The calls of some kinds.</summary>
    public ApiOperations(ObjectFloor floor, IEnumerable<string> withParams)
    {
        foreach (var kind in floor.Kinds) AddKind(kind);
        foreach (var prefix in withParams) AddParams(prefix);
        AddMachines(floor);
        AddJobs();
        AddSystem(floor);
        AddEvents();
        AddWebhooks();
    }

    /// <summary>The calls that are known: `METHOD /path`, below the base.</summary>
    public IReadOnlyCollection<string> Known => _known.Keys;

    /// <summary>What is known of a call; null for nothing.</summary>
    public ApiOperation? Find(string method, string path) => _known.GetValueOrDefault($"{method} {path}");

    private void Add(string call, ApiOperation operation) => _known.Add(call, operation);

    private void AddKind(IObjectKind kind)
    {
        var (all, one) = ($"/{kind.Prefix}", $"/{kind.Prefix}/{{key}}");
        JsonObject Shown(ApiSchemas s) => s.OfDocument(kind.Document, kind.Fields);
        // What is added to an answer to a change that was tried.
        JsonObject Tried(ApiSchemas s) => s.WithMember(Shown(s), WouldChange.Member, s.Of(typeof(WouldChange)));
        JsonObject Sent(ApiSchemas s) => s.OfSentDocument(kind.Document, kind.Fields);
        var list = new ApiOperation($"Lists {kind.Prefix}", VerbWords.None,
            new ApiAnswer(200, s => ApiSchemas.ListOf(Shown(s))) { Headers = Counts, Media = [LineAnswers.Lines] })
        {
            Query = () => ListWords(kind),
        };
        Add($"GET {all}", list);
        Add($"HEAD {all}", list with { Summary = $"Counts {kind.Prefix}", Answers = [new(200, null) { Headers = Counts }] });
        var made = new ApiAnswer(201, Tried) { Headers = Written };
        // A job is handed out anew, is the one that it was, or there is none; a machine that registers again is known.
        Add($"POST {all}", new($"Makes one of {kind.Prefix}", VerbWords.Write,
            kind.Prefix switch
            {
                "jobs" => [made, made with { Status = 202 }, new(204, null)],
                "machines" => [made, made with { Status = 200 }],
                _ => [made],
            })
        { Body = Sent });
        var shown = new ApiAnswer(200, Shown) { Headers = [Version] };
        Add($"GET {one}", new($"Shows one of {kind.Prefix}", VerbWords.One, shown, new(304, null)) { Headers = ["Prefer"] });
        Add($"HEAD {one}", new($"Whether one of {kind.Prefix} is there", VerbWords.One, shown with { Shape = null }, new(304, null)));
        var changed = new ApiAnswer(200, Tried) { Headers = Written };
        Add($"PUT {one}", new($"Replaces one of {kind.Prefix}", VerbWords.Write, changed) { Body = Sent });
        Add($"PATCH {one}", new($"Patches one of {kind.Prefix} (RFC 6902)", VerbWords.Write, changed) { Body = Patch });
        Add($"DELETE {one}", new($"Deletes one of {kind.Prefix}", VerbWords.Write, changed));
    }

    private void AddParams(string prefix)
    {
        var (all, one) = ($"/{prefix}/{{key}}/params", $"/{prefix}/{{key}}/params/{{name}}");
        var map = new ApiAnswer(200, _ => ApiSchemas.MapOf(ApiSchemas.Any)) { Headers = Written };
        var value = new ApiAnswer(200, _ => ApiSchemas.Any) { Headers = Written };
        Add($"GET /{prefix}/{{key}}/pubkey", new("The key that secure params are sealed by", VerbWords.None, new ApiAnswer(200,
            _ => ApiSchemas.Text)));
        Add($"GET {all}", new("Shows all params", ParamVerbs.AllWords, map));
        Add($"POST {all}", new("Replaces all params", VerbWords.WritePart, map) { Body = _ => ApiSchemas.MapOf(ApiSchemas.Any) });
        Add($"PATCH {all}", new("Patches the params (RFC 6902)", VerbWords.WritePart, map) { Body = Patch });
        Add($"GET {one}", new("Shows a param; null where it is not set", ParamVerbs.OneWords, value));
        Add($"POST {one}", new("Sets a param", VerbWords.WritePart, value) { Body = _ => ApiSchemas.Any });
        Add($"DELETE {one}", new("Removes a param", VerbWords.WritePart, value));
    }

    private void AddMachines(ObjectFloor floor)
    {
        var machines = floor.Kind("machines");
        var lines = new ApiAnswer(200, s => ApiSchemas.ListOf(s.Of(typeof(TimelineEntry))));
        Add("GET /machines/{key}/boot", new("What a machine would boot now, and why", MachineVerbs.BootWords,
            new ApiAnswer(200, s => s.Of(typeof(BootDecision)))));
        Add("POST /machines/bulk", new("Changes, deletes or approves of many machines, a line for each", BulkVerbs.Words,
            new ApiAnswer(200, null) { Media = ["application/x-ndjson"], Headers = [ApiRequest.DryRun] })
        {
            Body = s => s.InputOf(typeof(BulkRequest)),
        });
        Add("POST /machines/{key}/render", new("What a template would come to for a machine", RenderVerbs.Words,
            new ApiAnswer(200, s => s.Of(typeof(RenderAnswer))))
        {
            Body = s => s.InputOf(typeof(RenderBody)),
        });
        Add("POST /machines/{key}/approve", new("Approves of a machine that registered itself", VerbWords.Write,
            new ApiAnswer(200, s => s.OfDocument(machines.Document, machines.Fields)) { Headers = Written }));
        Add("GET /machines/{key}/timeline", new("What happened to a machine", VerbWords.None, lines));
        Add("GET /timeline/{mac}", new("What happened to a MAC address", VerbWords.None, lines));
        Add("GET /leases/{key}/history", new("Who held an address", VerbWords.None,
            new ApiAnswer(200, s => ApiSchemas.ListOf(s.Of(typeof(LeaseHolding)))) { Headers = ["X-Anvil-Trimmed"] }));
        Add("POST /machines/import", new("Imports a sheet of machines", SheetImport.Words,
            new ApiAnswer(200, s => s.Of(typeof(ImportReport))) { Media = ["application/x-ndjson"] },
            new ApiAnswer(422, s => new() { ["anyOf"] = new JsonArray(s.Of(typeof(ImportReport)), ApiDocument.Error(s)) }))
        {
            OtherBodies = ["text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"],
        });
        Add("GET /machines/export", new("All machines as a sheet", SheetExport.Words, new ApiAnswer(200, null)
        {
            Media = ["text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"],
        }));
    }

    private void AddJobs()
    {
        Add("GET /jobs/{key}/actions", new("What a job runs, rendered for its machine", JobVerbs.ActionWords,
            new ApiAnswer(200, s => ApiSchemas.ListOf(s.Of(typeof(JobAction))))));
        Add("GET /jobs/{key}/log", new("A job's log", VerbWords.None, new ApiAnswer(200, null) { Media = [Octets] }));
        Add("PUT /jobs/{key}/log", new("Appends to a job's log", VerbWords.None, new ApiAnswer(204, null)) { OtherBodies = [Octets] });
    }

    private void AddSystem(ObjectFloor floor)
    {
        var prefs = new ApiAnswer(200, _ => ApiSchemas.MapOf(ApiSchemas.Text)) { Headers = ["X-Anvil-Unavailable"] };
        var users = floor.Kind("users");
        Add("GET /info", new("What this server is", VerbWords.None, new ApiAnswer(200, Info)));
        Add("GET /objects", new("The names of DRP's kinds", VerbWords.None, new ApiAnswer(200, _ => ApiSchemas.ListOf(ApiSchemas.Text))));
        Add("GET /prefs", new("All preferences", VerbWords.None, prefs));
        Add("POST /prefs", new("Sets preferences", VerbWords.Set, prefs with { Status = 201 })
        {
            Body = _ => ApiSchemas.MapOf(ApiSchemas.Text),
        });
        Add("GET /retention", new("What is kept of what only grows", VerbWords.None,
            new ApiAnswer(200, _ => ApiSchemas.ListOf(new JsonObject { ["type"] = "object" }))));
        Add("GET /users/{key}/token", new("A token of a user", UserVerbs.TokenWords, new ApiAnswer(200, s => new()
        {
            ["type"] = "object",
            ["properties"] = new JsonObject { ["Token"] = ApiSchemas.Text, ["Info"] = Info(s) },
            ["required"] = new JsonArray("Token", "Info"),
        })));
        Add("PUT /users/{key}/password", new("Sets a user's password", VerbWords.One,
            new ApiAnswer(200, s => s.OfDocument(users.Document, users.Fields)))
        {
            Body = _ => new()
            {
                ["type"] = "object",
                ["properties"] = new JsonObject { ["Password"] = ApiSchemas.Text },
                ["required"] = new JsonArray("Password"),
            },
        });
        Add("GET /ws", new("Events by websocket (RFC 6455)", VerbWords.None, new ApiAnswer(101, null)));
    }

    private void AddEvents()
    {
        Add("GET /events", new("The log of events", VerbWords.None,
            new ApiAnswer(200, s => ApiSchemas.ListOf(Event(s)))
            {
                Headers = ["X-DRP-LIST-COUNT", "X-Anvil-List-Next", "X-Anvil-Trimmed"],
                Media = [LineAnswers.Lines],
            })
        {
            Query = () => Words(EventQuery.Fields, EventQuery.PageWords),
        });
        Add("POST /events", new("Posts an event of one's own", VerbWords.None, new ApiAnswer(204, null))
        {
            Body = s => s.InputOf(typeof(PostedEvent)),
        });
        Add("GET /events/stream", new("Events as Server-Sent Events, from a place on", VerbWords.None,
            new ApiAnswer(200, null) { Media = ["text/event-stream"] })
        {
            Query = () => Words(EventQuery.Fields, EventQuery.StreamWords),
            Headers = ["Last-Event-ID"],
        });
        Add("GET /logs", new("The last lines that this silo logged", VerbWords.None,
            new ApiAnswer(200, s => ApiSchemas.ListOf(s.Of(typeof(LogLine))))));
    }

    private void AddWebhooks()
    {
        var attempt = new ApiAnswer(200, s => s.Of(typeof(WebhookAttempt)));
        Add("GET /webhooks/{key}/status", new("How far deliveries are", VerbWords.None, new ApiAnswer(200,
            s => s.Of(typeof(WebhookStatus)))));
        Add("POST /webhooks/{key}/ping", new("Sends a delivery that tells of nothing", VerbWords.None, attempt));
        Add($"GET {WebhookEndpoints.DeadLetters}", new("Deliveries that were given up", VerbWords.None,
            new ApiAnswer(200, s => ApiSchemas.ListOf(s.Of(typeof(DeadLetter))))));
        Add($"POST {WebhookEndpoints.DeadLetters}/{{id}}/redeliver", new("Sends a dead letter once more", VerbWords.None, attempt));
        Add($"DELETE {WebhookEndpoints.DeadLetters}/{{id}}", new("Forgets a dead letter", VerbWords.None,
            new ApiAnswer(200, s => s.Of(typeof(DeadLetter)))));
    }

    private static JsonObject Info(ApiSchemas schemas) => schemas.Named("Info", () => new()
    {
        ["type"] = "object",
        ["properties"] = new JsonObject
        {
            ["arch"] = ApiSchemas.Text,
            ["version"] = ApiSchemas.Text,
            ["id"] = ApiSchemas.Text,
            ["features"] = ApiSchemas.ListOf(ApiSchemas.Text),
        },
        ["required"] = new JsonArray("arch", "version", "id", "features"),
    });

    private static JsonObject Event(ApiSchemas schemas) => schemas.Named("Event", () =>
    {
        string[] texts = ["Type", "Action", "Key", "Principal", "Detail", "Seq"];
        var properties = new JsonObject { ["Time"] = schemas.Of(typeof(DateTimeOffset)) };
        foreach (var text in texts) properties[text] = ApiSchemas.Text;
        (properties["Object"], properties["Original"]) = (ApiSchemas.Any, ApiSchemas.Any);
        return new()
        {
            ["type"] = "object",
            ["properties"] = properties,
            ["required"] = new JsonArray([.. properties.Select(p => JsonValue.Create(p.Key))]),
        };
    });

    private static JsonObject Patch(ApiSchemas schemas) => schemas.Named("JsonPatch", () => ApiSchemas.ListOf(new JsonObject
    {
        ["type"] = "object",
        ["properties"] = new JsonObject
        {
            ["op"] = new JsonObject
            {
                ["type"] = "string",
                ["enum"] = new JsonArray("add", "remove", "replace", "move", "copy", "test"),
            },
            ["path"] = ApiSchemas.Text,
            ["from"] = ApiSchemas.Text,
            ["value"] = ApiSchemas.Any,
        },
        ["required"] = new JsonArray("op", "path"),
    }));

    private static IEnumerable<(string, JsonObject)> ListWords(IObjectKind kind)
        => Words(kind.Fields, ListParser.PageWords, kind.Hidden);

    /// <summary>A filter is a value, or a function of values; several of one field are alternatives.</summary>
    private static IEnumerable<(string, JsonObject)> Words(FieldTable fields, IReadOnlyList<string> page,
        IReadOnlySet<string>? hidden = null)
        => page.Select(w => (w, w switch
        {
            "offset" => new JsonObject { ["type"] = "integer", ["minimum"] = 0 },
            "limit" => new JsonObject { ["type"] = "integer", ["minimum"] = ReferenceEquals(fields, EventQuery.Fields) ? 1 : 0 },
            "reverse" or "decode" => new JsonObject { ["type"] = "boolean" },
            "sort" => ApiSchemas.ListOf(ApiSchemas.Text),
            _ => ApiSchemas.Text,
        })).Concat(fields.Fields.Keys.Where(f => hidden?.Contains(f) != true && !page.Contains(f)).Order(StringComparer.Ordinal)
            .Select(f => (f, ApiSchemas.ListOf(ApiSchemas.Text))));
}
