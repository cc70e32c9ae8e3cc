using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Anvil.Contracts;
using Anvil.Contracts.Catalog;
using Anvil.Contracts.Diagnostics;
using Anvil.Contracts.Machines;
using Anvil.Contracts.Timeline;
using Anvil.Grains.Placement;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Jobs;
using Anvil.Provisioning.Machines;
using Anvil.Storage;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using Orleans.Storage;

namespace Anvil.Grains.Machines;

/// <summary>
/// Holds a machine's state, calls the rules, persists with its ETag, then acts. It has no rule of its own.
/// A write that was not confirmed leaves the state as it was, and it is read again before the next one.
/// </summary>
#pragma warning disable ORLEANSEXP004 // Placement filters are the means that Orleans has for this.
[CorePlacementFilter]
#pragma warning restore ORLEANSEXP004
public sealed partial class MachineGrain(
    [PersistentState("machine", MachineGrain.Store)] IPersistentState<MachineState> state,
    ICatalog catalog, Database database, ITimeline timeline, TimeProvider time, ILogger<MachineGrain> logger) : Grain, IMachineGrain, IRemindable
{
    /// <summary>Name of the storage provider.</summary>
    public const string Store = "anvil";

    private const string DeadlineReminder = "deadline";
    private static readonly TimeSpan DeadlinePeriod = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan ReminderRetry = TimeSpan.FromSeconds(5);
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    /// <summary>When the registered reminder comes; zero: none is registered; null: not known.</summary>
    private DateTimeOffset? _reminderAt;
    private bool _reminderMoved;
    private bool _settingReminder;
    private bool _ended;
    private DateTimeOffset _seen;
    /// <summary>A write was not confirmed: what the database holds is not known until it has been read again.</summary>
    private bool _unsure;

    private string Uuid => GrainKeys.Bare(this.GetPrimaryKeyString());

    /// <inheritdoc/>
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        // The activation before this one may have died between its last write and the reminder.
        if (state.State.Machine is { Boot: { IsResting: false, Stuck: false } }) SetReminder();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _ended = true;
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<Reply> Create(string body, Actor actor, bool discovered, bool force) => AnswerAsync("POST", async () =>
    {
        if (state.State.Machine is not null) throw new ApiException(ApiError.Conflict("machines", Uuid, "CREATE", "already exists"));
        var wanted = ReadMachine(Parse(body), "POST", 400) with { Uuid = Uuid };
        var machine = MachineRules.Create(wanted, catalog.Current, time.GetUtcNow(), discovered, new ChangeOptions(force, actor.IsMachine));
        await WriteAsync(new MachineState { Machine = machine, BootId = NewBootId(), Revision = state.State.Revision }, "create", actor.Name);
        return Document(201);
    });

    /// <inheritdoc/>
    public async Task<Reply> Get()
    {
        await ReadAgainAsync(required: false);
        return state.State.Machine is null ? Missing("GET") : Document();
    }

    /// <inheritdoc/>
    public async Task<Reply> Watch(long revision, TimeSpan wait)
    {
        if (state.State.Machine is not null && state.State.Revision == revision)
        {
            var changed = _changed.Task;
            if (await Task.WhenAny(changed, Task.Delay(wait, time)) != changed) return new Reply(304, null, null) { Revision = revision };
        }

        return await Get();
    }

    /// <inheritdoc/>
    public Task<Reply> Patch(string patch, Actor actor, bool force) => ChangeAsync("PATCH", actor, force, machine =>
        ReadMachine(JsonPatch.Apply(Json.Node(machine), Json.Read<JsonElement>(patch), "machines", Uuid), "PATCH", 406));

    /// <inheritdoc/>
    public Task<Reply> Put(string body, Actor actor, bool force) => ChangeAsync("PUT", actor, force, _ => ReadMachine(Parse(body), "PUT", 400));

    /// <inheritdoc/>
    public Task<Reply> Delete(Actor actor) => AnswerAsync("DELETE", async () =>
    {
        var machine = Existing("DELETE");
        if (machine.Locked && !actor.IsMachine) throw new ApiException(new ApiError("machines", Uuid, "Locked", ["the machine is locked; unlock it first"], 403));
        var reply = Document();
        await WriteAsync(new MachineState { Revision = state.State.Revision }, "delete", actor.Name);
        using (await database.WriteTurnAsync(CancellationToken.None)) await state.ClearStateAsync();
        DeactivateOnIdle();
        return reply;
    });

    /// <inheritdoc/>
    public Task<Reply> NextJob(Actor actor) => AnswerAsync("POST", async () =>
    {
        if (state.State.Machine is not { } machine) throw new ApiException(ApiError.Invalid("jobs", "", $"Machine {Uuid} does not exist"));
        var next = JobRules.Next(machine, state.State.Job, catalog.Current, time.GetUtcNow(), () => Guid.NewGuid().ToString());
        await WriteAsync(state.State with { Machine = next.Machine, Job = next.Job, ChangedJobs = next.Changed }, "jobs", actor.Name);
        if (next.Status == 201) timeline.Note(Uuid, "", "job", $"task {next.Job!.Task}", "created", next.Job.Uuid);
        return next.Status == 204 ? new Reply(204, null, null) : Reply.Ok(Json.Write(next.Job!), next.Status);
    });

    /// <inheritdoc/>
    public Task<Reply> PatchJob(string job, string patch, Actor actor) => AnswerAsync("PATCH", async () =>
    {
        var machine = Existing("PATCH");
        if (state.State.Job is not { } old || old.Uuid != job) throw new ApiException(ApiError.Conflict("jobs", job, "Conflict", "only a machine's current job can be changed"));
        Job wanted;
        try
        {
            wanted = Json.Read<Job>(JsonPatch.Apply(Json.Node(old), Json.Read<JsonElement>(patch), "jobs", job));
        }
        catch (JsonException e)
        {
            throw new ApiException(new ApiError("jobs", job, "PATCH", [e.Message], 406));
        }

        var (changed, updated) = JobRules.Update(machine, old, wanted, catalog.Current, time.GetUtcNow());
        await WriteAsync(state.State with { Machine = updated, Job = changed, ChangedJobs = [changed] }, "jobs", actor.Name);
        if (changed.State != old.State) timeline.Note(Uuid, "", "job", $"task {changed.Task}", changed.ExitState.Length > 0 ? $"{changed.State} ({changed.ExitState})" : changed.State, job);
        return Reply.Ok(Json.Write(changed));
    });

    /// <inheritdoc/>
    public Task<MachineSecrets?> Secrets()
    {
        // Every request with the machine's token comes through here: it was seen. The next write makes that durable.
        _seen = time.GetUtcNow();
        return Task.FromResult(state.State.Machine is { } machine ? new MachineSecrets(machine.Secret, state.State.BootId) : null);
    }

    /// <inheritdoc/>
    public Task<Reply> Sighted(Sighting sighting) => AnswerAsync("SIGHTED", async () =>
    {
        var machine = Existing("SIGHTED");
        var now = time.GetUtcNow();
        var bootId = state.State.BootId;
        switch (sighting.Kind)
        {
            case SightingKind.Discover:
                bootId = NewBootId();
                machine = machine with { Boot = machine.Boot with { LastSeen = now, Firmware = sighting.Firmware, Via = sighting.Via } };
                break;
            case SightingKind.Leased:
                if (machine.Address == sighting.Address) return Document();
                machine = machine with { Address = sighting.Address, Boot = machine.Boot with { LastSeen = now } };
                break;
            case SightingKind.Script:
                catalog.Current.BootEnvs.TryGetValue(machine.BootEnv, out var env);
                machine = Lifecycle.NetBooting(machine, env, sighting.Firmware, sighting.Via, catalog.Current, now);
                break;
        }

        await WriteAsync(state.State with { Machine = machine, BootId = bootId }, "boot", "edge");
        return Document();
    });

    /// <inheritdoc/>
    public async Task ReceiveReminder(string reminderName, TickStatus status)
    {
        var machine = state.State.Machine;
        var updated = machine is null ? null : Lifecycle.DeadlineCame(machine, catalog.Current, time.GetUtcNow());
        if (machine is null || updated is null || ReferenceEquals(updated, machine))
        {
            // Came for a deadline that has moved or is over: the reminder is set for the one that runs now, or taken away.
            _reminderAt = null;
            SetReminder();
            return;
        }

        LogStuck(machine.Name, updated.Boot.Reason);
        AnvilDiagnostics.Stuck.Add(1);
        await AnswerAsync("STUCK", async () =>
        {
            await WriteAsync(state.State with { Machine = updated }, "stuck", "deadline");
            return Document();
        });
    }

    private Task<Reply> ChangeAsync(string type, Actor actor, bool force, Func<Machine, Machine> change) => AnswerAsync(type, async () =>
    {
        var old = Existing(type);
        var machine = MachineRules.Update(old, change(old), catalog.Current, time.GetUtcNow(), new ChangeOptions(force, actor.IsMachine, actor.MayUpdateTaskList));
        await WriteAsync(state.State with { Machine = machine }, "update", actor.Name);
        return Document();
    });

    private async Task WriteAsync(MachineState next, string action, string by)
    {
        var old = state.State;
        var now = time.GetUtcNow();
        var before = old.Machine?.Boot;
        var after = next.Machine?.Boot;
        var phaseMoved = after is not null && (before?.Phase != after.Phase || before.Reason != after.Reason);
        state.State = next with
        {
            Machine = Seen(next.Machine),
            Revision = old.Revision + 1,
            ChangedJobs = ReferenceEquals(next.ChangedJobs, old.ChangedJobs) ? [] : next.ChangedJobs,
            Events = [new MachineEvent(now, "machines", action, Uuid, phaseMoved ? $"{after!.Phase}: {after.Reason} (by {by})" : $"by {by}") { Principal = by }],
        };
        try
        {
            using var turn = await database.WriteTurnAsync(CancellationToken.None);
            await state.WriteStateAsync();
        }
        catch (Exception e)
        {
            state.State = old;
            _unsure = UniqueViolation.Of(e) is null;
            throw;
        }

        var waiting = _changed;
        _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        waiting.TrySetResult();
        if (after is not null && before?.Phase != after.Phase) AnvilDiagnostics.Phases.Add(1, new KeyValuePair<string, object?>("phase", after.Phase.ToString()));
        if (phaseMoved) timeline.Note(Uuid, "", "phase", after!.Phase.ToString(), after.Stuck ? "stuck" : "", after.Reason);
        SetReminder();
    }

    /// <summary>
    /// Keeps a reminder registered only while a deadline runs. Nobody waits for that: the silo that keeps reminders may be the one
    /// that has just died, and a deadline is minutes away.
    /// </summary>
    private void SetReminder()
    {
        _reminderMoved = true;
        if (!_settingReminder) _ = SetReminderAsync();
    }

    private async Task SetReminderAsync()
    {
        _settingReminder = true;
        try
        {
            while (_reminderMoved && !_ended)
            {
                _reminderMoved = false;
                try
                {
                    await SetReminderOnceAsync();
                }
                catch (Exception e) when (e is OrleansException or TimeoutException or ArgumentException || DatabaseFailure.Is(e))
                {
                    LogReminderFailed(e, Uuid);
                    _reminderMoved = true;
                    await Task.Delay(ReminderRetry, time);
                }
            }
        }
        finally
        {
            _settingReminder = false;
        }
    }

    private async Task SetReminderOnceAsync()
    {
        var boot = state.State.Machine?.Boot;
        var wanted = boot is { IsResting: false, Stuck: false } ? boot.Deadline : default;
        if (wanted == _reminderAt) return;
        // A deadline that moves on a little keeps its reminder: when that comes too early it is set anew.
        if (wanted != default && _reminderAt is { } at && at != default && wanted > at && wanted - at < TimeSpan.FromSeconds(30)) return;
        if (wanted == default)
        {
            if (await this.GetReminder(DeadlineReminder) is { } reminder) await this.UnregisterReminder(reminder);
        }
        else
        {
            var due = wanted - time.GetUtcNow();
            await this.RegisterOrUpdateReminder(DeadlineReminder, due > TimeSpan.Zero ? due : TimeSpan.Zero, DeadlinePeriod);
        }

        _reminderAt = wanted;
    }

    private async Task<Reply> AnswerAsync(string type, Func<Task<Reply>> act)
    {
        try
        {
            await ReadAgainAsync(required: true);
            return await act();
        }
        catch (ApiException e)
        {
            return Reply.Fail(e.Error);
        }
        catch (InconsistentStateException e)
        {
            LogStale(e, Uuid);
            AnvilDiagnostics.Fenced.Add(1, new KeyValuePair<string, object?>("grain", "machine"));
            DeactivateOnIdle();
            return Reply.Fail(new ApiError("machines", Uuid, type, ["the machine was changed elsewhere at the same time; try again"], 409)) with { Again = true };
        }
        catch (Exception e) when (e is OrleansException || DatabaseFailure.Is(e))
        {
            if (UniqueViolation.Of(e) is { } rule)
            {
                var what = rule == "name" ? "another machine has this Name" : "another machine has one of these HardwareAddrs";
                return Reply.Fail(ApiError.Invalid("machines", Uuid, what));
            }

            LogStorageFailed(e, Uuid);
            return Reply.Fail(new ApiError("machines", Uuid, type, ["the database cannot be written; read the machine before trying again"], 503));
        }
    }

    private async Task ReadAgainAsync(bool required)
    {
        if (!_unsure) return;
        try
        {
            await state.ReadStateAsync();
            _unsure = false;
        }
        catch (Exception e) when (!required && (e is OrleansException || DatabaseFailure.Is(e)))
        {
            // The state as it was last known is the best answer while the database is away.
        }
    }

    private Machine Existing(string type) => state.State.Machine ?? throw new ApiException(ApiError.NotFound("machines", Uuid, type));

    private Reply Missing(string type) => Reply.Fail(ApiError.NotFound("machines", Uuid, type));

    private Machine? Seen(Machine? machine)
        => machine is not null && _seen > machine.Boot.LastSeen ? machine with { Boot = machine.Boot with { LastSeen = _seen } } : machine;

    private Reply Document(int status = 200) => Reply.Ok(Json.Write(Seen(state.State.Machine)!), status) with { Revision = state.State.Revision };

    private JsonObject Parse(string body)
    {
        try
        {
            return JsonNode.Parse(body, null, new JsonDocumentOptions { MaxDepth = Json.MaxDepth }) as JsonObject ?? throw new JsonException("an object is needed");
        }
        catch (JsonException e)
        {
            throw new ApiException(ApiError.BadRequest("machines", Uuid, "POST", "Invalid JSON: " + e.Message));
        }
    }

    private Machine ReadMachine(JsonNode node, string type, int status)
    {
        try
        {
            return Json.Read<Machine>(node);
        }
        catch (JsonException e)
        {
            throw new ApiException(new ApiError("machines", Uuid, type, ["Invalid machines object: " + e.Message], status));
        }
    }

    private static string NewBootId() => RandomNumberGenerator.GetHexString(16, lowercase: true);

    [LoggerMessage(Level = LogLevel.Warning, Message = "machine {Name} is {Reason}")]
    private partial void LogStuck(string name, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "machine {Uuid}: this activation is stale and ends")]
    private partial void LogStale(Exception exception, string uuid);

    [LoggerMessage(Level = LogLevel.Error, Message = "machine {Uuid}: the state cannot be written")]
    private partial void LogStorageFailed(Exception exception, string uuid);

    [LoggerMessage(Level = LogLevel.Warning, Message = "machine {Uuid}: the deadline's reminder cannot be set")]
    private partial void LogReminderFailed(Exception exception, string uuid);
}
