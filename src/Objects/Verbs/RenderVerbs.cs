using Anvil.Contracts.Catalog;
using Anvil.Contracts.Machines;
using Anvil.Contracts.Placement;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Boot;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Machines;
using Anvil.Templates;

namespace Anvil.Objects.Verbs;

/// <summary>
/// What any template would come to for a machine (the right `render` on it), without anything being made of it: tokens stand as
/// <see cref="RenderContext.TokenShown"/>, and secret params as <see cref="RenderContext.Masked"/> but for who asks for them decoded and
/// may open them. Whatever is named, or called from it, is what the requester may `get`.
/// </summary>
public sealed class RenderVerbs(ObjectFloor floor, IMachineQueries queries, ICatalog catalog, IEdgeDirectory edges, ParamKeys keys,
    RenderQueue renders)
{
    private const string Type = "RENDER";

    /// <summary>Words of a preview: secret params are opened.</summary>
    public static VerbWords Words { get; } = new("decode");

    /// <summary>Renders.</summary>
    /// <param name="text">Key or index of the machine.</param>
    /// <param name="body">What is to be rendered (<see cref="RenderBody"/>).</param>
    /// <param name="server">How the requester reaches the server, where no edge tells of itself.</param>
    /// <param name="request">Who asks.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="ApiException">
    /// 400: the body names nothing, or several things; 403, 404; 413: the text is too long; 503: too many renders wait.
    /// </exception>
    public async Task<ObjectAnswer> RenderAsync(string text, ReadOnlyMemory<byte> body, BootServer server, ObjectRequest request,
        CancellationToken cancellation)
    {
        var found = await ObjectFloor.HeldAsync(() => floor.RequireAsync("machines", text, "get", "POST", request, cancellation), request,
            cancellation);
        var machine = (Machine)found.Document;
        Require("machines", "render", machine.Uuid, request);
        var wanted = Read(body, machine.Uuid);
        await request.HoldAsync(machine.Uuid, queries, cancellation);
        var snapshot = catalog.Current;
        // Its own params are all layers' that it has.
        if (!ReachRules.HoldsLayers(request.Principal.Reach, machine, snapshot))
            throw new ApiException(new ApiError("machines", machine.Uuid, "AUTH",
                [$"Cannot access {request.Place}",
                    "Requires: the machine's stage and all profiles that give it params, which are rendered, within your tenant"], 403));
        var env = await NamedAsync<BootEnv>("bootenvs", wanted.BootEnv, machine.BootEnv, request, cancellation);
        var stage = await NamedAsync<Stage>("stages", wanted.Stage, machine.Stage, request, cancellation);
        var task = wanted.Task.Length == 0 ? null : await NamedAsync<TaskDefinition>("tasks", wanted.Task, "", request, cancellation);
        if (task is not null && ContentBounds.Beyond(task) is { Count: > 0 } beyond)
            throw new ApiException(ApiError.Invalid("tasks", task.Name, beyond));
        if (wanted is { Template.Length: > 0, BootEnv: "", Stage: "", Task: "" })
            await floor.RequireAsync("templates", wanted.Template, "get", "GET", request, cancellation);

        var decode = request.Flag("decode");
        if (decode) Require("machines", "getSecure", machine.Uuid, request);
        var reads = new ParamReads();
        var context = new RenderContext(snapshot, server with { Address = edges.For(machine.Address) ?? server.Address }, machine, env,
            RenderContext.TokenShown)
        {
            Keys = decode ? keys : null,
            Shows = (name, at) => decode && Opens(name, at, request),
            Reads = reads,
            Stage = stage,
            Job = machine.CurrentJob,
            Called = CalledBy(request.Principal, snapshot),
        };
        var files = await QueuedAsync(request, machine.Uuid, budget => Files(wanted, task, env, stage, context with { Budget = budget }),
            cancellation);
        return ObjectAnswer.Of(new RenderAnswer(files.Files, files.IsShortened, reads.All, reads.IsShortened));
    }

    private static RenderedFiles Files(RenderBody wanted, TaskDefinition? task, BootEnv? env, Stage? stage,
        RenderContext context)
    {
        IEnumerable<TemplateInfo> Chosen(string kind, string key, IReadOnlyList<TemplateInfo> all)
        {
            if (wanted.Template.Length == 0) return all;
            return all.Where(t => t.Name == wanted.Template).ToList() is { Count: > 0 } chosen ? chosen
                : throw new ApiException(ApiError.NotFound("templates", $"{wanted.Template} of {kind}:{key}", Type));
        }

        return wanted switch
        {
            { Contents.Length: > 0 } => RenderPreview.OfText(wanted.Contents, context),
            { Task.Length: > 0 } => RenderPreview.OfTask(task!, Chosen("tasks", task!.Name, task.Templates),
                wanted.OS.Length > 0 ? wanted.OS : "linux", context),
            // Each by itself: a machine's own files are those of both.
            { BootEnv.Length: > 0 } => RenderPreview.OfFiles(Chosen("bootenvs", env!.Name, env.Templates), context),
            { Stage.Length: > 0 } => RenderPreview.OfFiles(Chosen("stages", stage!.Name, stage.Templates), context),
            _ => RenderPreview.OfTemplate(wanted.Template, context),
        };
    }

    private static RenderBody Read(ReadOnlyMemory<byte> body, string uuid)
    {
        if (body.IsEmpty) throw new ApiException(ApiError.BadRequest("machines", uuid, Type, "an object is needed"));
        var read = DocumentReader.Read<RenderBody>(body.Span, "render", Type, uuid);
        var owners = new[] { read.BootEnv, read.Stage, read.Task }.Count(o => o.Length > 0);
        var isOne = owners == 1 ? read.Contents.Length == 0 : owners == 0 && (read.Template.Length > 0) != (read.Contents.Length > 0);
        if (!isOne || (read.OS.Length > 0 && read.Task.Length == 0))
            throw new ApiException(ApiError.BadRequest("machines", uuid, Type,
                "Template, or Contents, or one of BootEnv, Stage and Task (with Template for one of its files; OS with Task) says what is "
                    + "to be rendered"));
        return read.Contents.Length <= RenderPreview.LongestText ? read
            : throw new ApiException(new ApiError("machines", uuid, Type,
                [$"Contents has at most {RenderPreview.LongestText} characters"], 413));
    }

    /// <summary>
    /// What templates see beside the machine: what is asked for, else what the machine has. Its fields are shown by whoever names them.
    /// </summary>
    /// <exception cref="ApiException">403: the machine has what the requester may not get; 404.</exception>
    private async Task<T?> NamedAsync<T>(string kind, string asked, string own, ObjectRequest request, CancellationToken cancellation)
        where T : Document
    {
        if (asked.Length > 0) return (T)(await floor.RequireAsync(kind, asked, "get", "GET", request, cancellation)).Document;
        if (catalog.Current.Find(new DocumentKey(kind, own)) is not T there) return null;
        Require(kind, "get", own, request);
        return there;
    }

    private static void Require(string scope, string action, string key, ObjectRequest request)
    {
        if (!request.Principal.May(scope, action, key)) throw request.Refusal(scope, action, key, isHidden: false);
    }

    /// <summary>True for a secret value that the requester may open, which is noted.</summary>
    private static bool Opens(string name, LayeredParam at, ObjectRequest request)
    {
        if (!request.Principal.May(at.Prefix, "getSecure", at.Key)) return false;
        request.Opened.Add(at.Prefix, at.Key, name);
        return true;
    }

    /// <summary>The templates that may be called: their texts are in what is rendered. Null: all.</summary>
    private static TemplateSet? CalledBy(Principal principal, CatalogSnapshot catalog)
        => principal.May("templates", "get", "*") ? null
            : catalog.Templates.Keys.Where(id => !principal.May("templates", "get", id)).Aggregate(catalog.TemplateSet,
                (set, id) => set.Without(id));

    private async Task<RenderedFiles> QueuedAsync(ObjectRequest request, string uuid,
        Func<RenderBudget, RenderedFiles> render, CancellationToken cancellation)
    {
        try
        {
            // Who looks takes no machine's turn.
            return await renders.RunAsync($"{request.Principal.Kind} {request.Principal.Name}", render, cancellation);
        }
        catch (RenderBusyException e)
        {
            throw new ApiException(new ApiError("machines", uuid, Type, [$"{e.Message}; ask again"], 503));
        }
    }
}

/// <summary>What a preview answers.</summary>
/// <param name="Files">What was rendered.</param>
/// <param name="MoreFiles">There are more, or what one request may render was spent before them.</param>
/// <param name="Params">The params that were asked for, and which object's value was taken.</param>
/// <param name="MoreParams">There are more than are told.</param>
public sealed record RenderAnswer(IReadOnlyList<RenderedFile> Files, bool MoreFiles, IReadOnlyList<ParamRead> Params,
    bool MoreParams);
