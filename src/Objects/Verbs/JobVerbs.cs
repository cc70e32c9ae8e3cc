using Anvil.Contracts.Access;
using Anvil.Contracts.Catalog;
using Anvil.Contracts.Jobs;
using Anvil.Contracts.Machines;
using Anvil.Contracts.Placement;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Boot;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Jobs;
using Anvil.Provisioning.Machines;
using Anvil.Templates;

namespace Anvil.Objects.Verbs;

/// <summary>What jobs have beside the verbs of every kind: rendered actions, and the log.</summary>
public sealed class JobVerbs(ObjectFloor floor, IMachineQueries queries, ICatalog catalog, ITokens tokens, IJobLogs logs,
    IEdgeDirectory edges, ParamKeys keys, RenderQueue renders, LogAllowance allowance, ISecretAudit audit)
{
    /// <summary>Words of rendered actions: for which system.</summary>
    public static VerbWords ActionWords { get; } = new("os");

    /// <summary>What a job runs, rendered for its machine.</summary>
    /// <param name="text">The job's uuid.</param>
    /// <param name="server">How the requester reaches the server, where no edge tells of itself.</param>
    /// <param name="request">Who asks; its word `os` says for which system.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="ApiException">
    /// 403: what is rendered is beyond what a tenant leaves who asks; 422: a template fails, or a param is missing; 503: too many renders
    /// wait.
    /// </exception>
    public async Task<ObjectAnswer> ActionsAsync(string text, BootServer server, ObjectRequest request, CancellationToken cancellation)
    {
        var job = await JobAsync(text, "actions", "GET", request, cancellation);
        var snapshot = catalog.Current;
        // Who waits for a thread that renders holds the machine meanwhile.
        await request.HoldAsync(job.Machine, queries, cancellation);
        if (await queries.FindAsync(job.Machine, cancellation) is not { } machine)
            throw new ApiException(ApiError.NotFound("machines", job.Machine));
        if (!ReachRules.HoldsLayers(request.Principal.Reach, machine, snapshot))
            throw new ApiException(new ApiError("jobs", job.Uuid, "AUTH",
                [$"Cannot access {request.Place}",
                    "Requires: the machine's stage and all profiles that give it params, which are rendered, within your tenant"], 403));
        if (!snapshot.Tasks.TryGetValue(job.Task, out var task)) throw new ApiException(ApiError.NotFound("tasks", job.Task));
        if (ContentBounds.Beyond(task) is { Count: > 0 } beyond)
            throw new ApiException(ApiError.Invalid("tasks", task.Name, beyond));
        snapshot.BootEnvs.TryGetValue(machine.BootEnv, out var env);
        var near = server with { Address = edges.For(machine.Address) ?? server.Address };
        // What is rendered has the job's token, and secure params in clear: for the machine, and for who has as much already.
        var mayOpen = MayOpen(request.Principal, machine.Uuid, task.Name, snapshot);
        var context = new RenderContext(snapshot, near, machine, env,
            mayOpen ? await tokens.ForRenderingAsync(machine, job: job.Uuid) : RenderContext.NoToken)
        {
            Keys = mayOpen ? keys : null,
            Stage = snapshot.Stages.GetValueOrDefault(machine.Stage),
            Job = job.Uuid,
        };
        RenderBudget? taken = null;
        try
        {
            var os = request.Word("os") is { Length: > 0 } asked ? asked : "linux";
            return ObjectAnswer.Of(await renders.RunAsync(
                machine.Uuid, budget => JobActions.Render(task, context with { Budget = taken = budget }, os), cancellation)) with
            {
                HoldsSecret = mayOpen,
            };
        }
        catch (RenderBusyException e)
        {
            throw new ApiException(new ApiError("jobs", job.Uuid, "GET", [$"{e.Message}; ask again"], 503));
        }
        catch (TemplateException e)
        {
            throw new ApiException(new ApiError("jobs", job.Uuid, "ValidationError", [e.Message], 422));
        }
        finally
        {
            // A fault quotes what it was given.
            if (taken is { IsConfidential: true })
                audit.Opened(new SecretOpening(SecretOpening.Named(request.Principal), request.Principal.Kind != PrincipalKind.User,
                    $"machines:{machine.Uuid}", $"actions of job {job.Uuid}, task {task.Name}", taken.Confided)
                {
                    Machine = machine.Uuid,
                    Source = request.Principal.Kind == PrincipalKind.User ? "" : request.Principal.Name,
                });
        }
    }

    /// <summary>The job whose log may be read or written by who asks.</summary>
    /// <exception cref="ApiException">403, 404.</exception>
    public async Task<Guid> LogAsync(string text, string type, ObjectRequest request, CancellationToken cancellation)
        => Guid.Parse((await JobAsync(text, "log", type, request, cancellation)).Uuid);

    /// <summary>Copies a job's log to a stream.</summary>
    public Task CopyLogAsync(Guid job, Stream target, CancellationToken cancellation) => logs.CopyToAsync(job, target, cancellation);

    /// <summary>Appends to a job's log.</summary>
    /// <exception cref="ApiException">413: the log is full; 429: the machine has sent too much; 507: the disk is full.</exception>
    public async Task AppendLogAsync(Guid job, Stream content, ObjectRequest request, CancellationToken cancellation)
    {
        await using var counted = new CountedStream(content, octets => allowance.Take(request.Principal, octets));
        var (status, reason) = await logs.AppendAsync(job, counted, cancellation) switch
        {
            LogAppend.Whole => (204, ""),
            LogAppend.Full => (413, $"a job's log has at most {IJobLogs.MostBytes} octets"),
            _ => (507, "the disk has too little left for logs: what it has is kept for the database"),
        };
        if (reason.Length > 0) throw new ApiException(new ApiError("jobs", job.ToString(), "PUT", [reason], status));
    }

    private static bool MayOpen(Principal principal, string machine, string task, CatalogSnapshot snapshot)
        => principal.IsMachine(machine)
            || (principal.May("machines", "getSecure", machine)
                && TaskGrants.RightsOf(task, machine, snapshot).All(right => HasOn(principal, right, machine)));

    /// <summary>What a machine may do about itself is within the reach of who reaches the machine, whatever follows it.</summary>
    private static bool HasOn(Principal principal, Claim right, string machine)
        => (principal with { Reach = Reach.All }).Has(right)
            && (Claim.Cover(MachineClaims.Known(machine), right) || principal.Reach.HasAllOf(right));

    private async Task<Job> JobAsync(string text, string action, string type, ObjectRequest request, CancellationToken cancellation)
        => (Job)(await floor.RequireAsync("jobs", text, action, type, request, cancellation)).Document;
}
