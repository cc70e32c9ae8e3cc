using System.Diagnostics;
using Anvil.Contracts;
using Anvil.Contracts.Catalog;
using Anvil.Contracts.Diagnostics;
using Anvil.Contracts.Machines;
using Anvil.Contracts.Placement;
using Anvil.Contracts.Subnets;
using Anvil.Contracts.Timeline;
using Anvil.Grains.Placement;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Jobs;
using Anvil.Provisioning.Lists;
using Anvil.Provisioning.Machines;
using Anvil.Provisioning.Network;
using Anvil.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using Orleans.Storage;

namespace Anvil.Grains.Machines;

/// <summary>
/// Holds a machine's state, asks the rules (<see cref="MachineSteps"/>), stores what they say with its ETag, then does what they say is
/// to be done. It has no rule of its own.
/// </summary>
#pragma warning disable ORLEANSEXP004 // Placement filters are the means that Orleans has for this.
[CorePlacementFilter]
#pragma warning restore ORLEANSEXP004
public sealed partial class MachineGrain : Grain, IMachineGrain, IRemindable
{
    /// <summary>Name of the storage provider.</summary>
    public const string Store = "anvil";

    /// <summary>Name of the state in the storage: part of its key, so it never changes.</summary>
    public const string StateName = "machine";

    private readonly MachineStore _store;
    private readonly EverySilo _everySilo;
    private readonly LargeMachines _large;
    private readonly ICatalog _catalog;
    private readonly IMachineQueries _queries;
    private readonly IMachineDirectory _directory;
    private readonly ITimeline _timeline;
    private readonly GrainFinder _grains;
    private readonly ParamKeys _keys;
    private readonly Entropy _entropy;
    private readonly TimeProvider _time;
    private readonly ILogger<MachineGrain> _logger;
    private readonly DeadlineReminder _deadline;
    private readonly ChangeSignal _changed = new();
    private readonly JobPace _pace = new();
    private readonly OwnChanges _own = new(KnownMachine.IsSame);
    private readonly long _began;
    private DateTimeOffset _seen;
    private MachineChange? _prepared;
    private BootScript? _script;
    private IGrainTimer? _speaks;
    private bool _isLarge;

    /// <summary>Makes an activation.</summary>
    public MachineGrain(
        [FromKeyedServices(Store)] IGrainStorage storage, BootJournal boots, EverySilo everySilo, LargeMachines large,
        Database database, ICatalog catalog, IMachineQueries queries, IMachineDirectory directory, ITimeline timeline, GrainFinder grains,
        ParamKeys keys, Entropy entropy, TimeProvider time, ILogger<MachineGrain> logger)
    {
        _store = new MachineStore(this.GetGrainId(), Uuid, storage, boots, database);
        (_everySilo, _large) = (everySilo, large);
        (_catalog, _queries, _directory, _timeline, _grains) = (catalog, queries, directory, timeline, grains);
        (_keys, _entropy, _time, _logger, _began) = (keys, entropy, time, logger, time.GetTimestamp());
        _deadline = new DeadlineReminder(this, Uuid, time, logger);
    }

    private string Uuid => GrainKeys.Bare(this.GetPrimaryKeyString());

    private MachineState State => _store.State;

    private TimeSpan Age => _time.GetElapsedTime(_began);

    private RuleContext Context => new(_catalog.Current, _time.GetUtcNow(), _entropy) { Seen = _seen };

    /// <inheritdoc/>
    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        await _store.ReadAsync();
        Hold();
        if (State.Damage.Count > 0) LogDamaged(Uuid, string.Join(", ", State.Damage.Take(8)));
        // The activation before this one may have died between its last write and the reminder.
        if (MachineSteps.DeadlineOf(State) is SetDeadline deadline) _deadline.Set(deadline.At);
        else _deadline.None();
    }

    /// <inheritdoc/>
    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _large.Forget(GrainContext);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task<MachineAnswer> Make(MachineWrite write)
    {
        var outcome = await ActAsync("POST", s => MachineSteps.Make(s, write.Machine with { Uuid = Uuid }, write.Discovered,
            Options(write.Terms) with
            {
                Admission = write.Admission,
                Doubt = write.Doubt,
                RegisteredIn = write.Subnet,
                IsUnleased = write.IsUnleased,
            }, Context), own: SourceOf(write.Terms.Actor));
        if (write.Discovered && outcome.Broken == UniqueRule.Mac && await JoinKnownAsync(write) is { } known) return known;
        return Answer(outcome);
    }

    /// <inheritdoc/>
    public async Task<MachineAnswer> Join(MachineWrite write)
    {
        await ConfirmCatalogAsync();
        var outcome = await ActAsync("POST", s => MachineSteps.Join(s, write.Machine with { Uuid = Uuid }, write.Claims, write.OnLink,
            Options(write.Terms) with { Admission = write.Admission }, Context), own: SourceOf(write.Terms.Actor));
        var answer = Answer(outcome);
        return answer with { Machine = answer.Machine is null ? null : MachineRules.Public(answer.Machine) };
    }

    /// <summary>What keeps a stranger out may have been said while this silo heard nothing.</summary>
    private async Task ConfirmCatalogAsync()
    {
        try
        {
            await _catalog.ConfirmedAsync(CancellationToken.None);
        }
        catch (Exception e) when (DatabaseFailure.Is(e))
        {
            // Nothing is written then, whatever is decided.
        }
    }

    /// <inheritdoc/>
    public async Task<MachineAnswer> Read()
    {
        await _store.ReadAgainAsync(required: false);
        if (_isLarge) Hold();
        return State.Machine is null
            ? new MachineAnswer(404, null, ApiError.NotFound("machines", Uuid), 0)
            : new MachineAnswer(200, MachineSteps.Seen(State.Machine, _seen), null, State.Revision);
    }

    /// <inheritdoc/>
    public async Task<MachineAnswer> Await(long revision, TimeSpan wait)
    {
        if (State.Machine is null || State.Revision != revision || await _changed.WaitAsync(wait, _time)) return await Read();
        return new MachineAnswer(304, null, null, revision);
    }

    /// <inheritdoc/>
    public async Task<MachineAnswer> Replace(MachineWrite write)
        => Answer(await ActAsync("PUT", s => MachineSteps.Replace(s, Uuid, write.Machine, Options(write.Terms), Context),
            write.Terms.Actor));

    /// <inheritdoc/>
    public async Task<MachineAnswer> Amend(DocumentPatch patch)
        // What was written before its param became secure is neither tested nor copied in clear.
        => Answer(await ActAsync("PATCH", s => MachineSteps.Amend(s with { Machine = Sealed(s.Machine) }, Uuid, patch.Operations,
            Options(patch.Terms), Context),
            patch.Terms.Actor));

    /// <inheritdoc/>
    public async Task<PreparedMove> Prepare(MachineMove move, ChangeTerms terms)
    {
        _prepared = null;
        byte[] row = [];
        var (holder, name) = ("", "");
        var outcome = await ActAsync("PATCH", s => move.Made is { } made
            ? MachineSteps.Make(s, made with { Uuid = Uuid }, discovered: false, Options(terms), Context)
            : MachineSteps.Amend(s with { Machine = Sealed(s.Machine) }, Uuid, move.Operations, Options(terms), Context),
            store: async next =>
            {
                holder = (await HolderAsync(next.State.Machine))?.Uuid ?? "";
                (row, name) = (_store.Stored(next.State), next.State.Machine!.Name);
                // The coordinator may die after it has stored the step: then the row says so, whenever somebody asks.
                var began = _time.GetTimestamp();
                _store.Open(() => _time.GetElapsedTime(began) < MachineMover.Longest);
                _prepared = next;
            });
        return outcome.Error is { } error ? new PreparedMove(error, [], "") { Again = outcome.Again }
            : new PreparedMove(null, row, _store.Row) { Holder = holder, Name = name };
    }

    /// <inheritdoc/>
    public async Task<Reply> Settle()
    {
        var prepared = _prepared;
        _prepared = null;
        _store.Close();
        try
        {
            await _store.ReadAgainAsync(required: true);
        }
        catch (Exception e) when (e is OrleansException || DatabaseFailure.Is(e))
        {
            LogStorageFailed(e, Uuid);
            return Reply.Fail(new ApiError("machines", Uuid, "PATCH", [_store.FaultOf(e).With("read the machine")], 503));
        }

        if (State.Machine is null || prepared is null || State.Revision != prepared.State.Revision) return new Reply(200, null, null);
        Written(prepared);
        await _directory.PublishAsync(MachineNews.Of(Uuid, _store.Version, State.Machine));
        return new Reply(200, null, null);
    }

    /// <inheritdoc/>
    public async Task<MachineAnswer> Remove(ChangeTerms terms)
    {
        var before = State.Machine;
        var answer = Answer(await ActAsync("DELETE", s =>
        {
            before = MachineSteps.Seen(s.Machine, _seen);
            return MachineSteps.Remove(s, Uuid, Options(terms), Context);
        }));
        return answer.Error is null ? answer with { Machine = before } : answer;
    }

    /// <inheritdoc/>
    public async Task<MachineAnswer> Approve(ChangeTerms terms)
        => Answer(await ActAsync("POST", s => MachineSteps.Approve(s, Uuid, Options(terms), Context)));

    /// <inheritdoc/>
    public async Task<Reply> Seal()
    {
        var outcome = await ActAsync("SEAL", s => MachineSteps.Seal(s, Uuid, m => Sealed(m)!, Context));
        return new Reply(outcome.Status, null, outcome.Error) { Again = outcome.Again };
    }

    /// <summary>Why no job may begin yet; null where one may.</summary>
    private ApiError? TooSoon() => _pace.Wait(Age) is not { } wait ? null : new ApiError("jobs", "", "POST",
        [$"Machine {Uuid} has begun {JobPace.AtOnce} jobs at once, and {JobPace.PerHour} an hour since: the next one may begin in "
            + $"{Math.Ceiling(wait.TotalSeconds)} s"], 429);

    /// <inheritdoc/>
    public async Task<JobAnswer> StartJob(Actor actor)
    {
        if (TooSoon() is { } soon) return new JobAnswer(429, null, soon);
        var before = State;
        var outcome = await ActAsync("POST", s => MachineSteps.StartJob(s, Uuid, Options(new ChangeTerms(actor)), Context),
            own: SourceOfStep(actor));
        // A row for each, also for entries that no agent sees; where nothing is left to run none is made.
        if (!ReferenceEquals(before.ChangedJobs, State.ChangedJobs))
            _pace.Count(State.ChangedJobs.Count(j => j.Uuid != before.Job?.Uuid), Age);
        var job = outcome.Status == 204 || outcome.Error is not null ? null : State.Job;
        return new JobAnswer(outcome.Status, job, outcome.Error) { Again = outcome.Again };
    }

    /// <inheritdoc/>
    public async Task<JobAnswer> AmendJob(string job, DocumentPatch patch)
    {
        var options = Options(patch.Terms) with { IfTag = patch.IfTag };
        var outcome = await ActAsync("PATCH", s => MachineSteps.AmendJob(s, Uuid, job, patch.Operations, options, Context),
            own: SourceOfStep(patch.Terms.Actor));
        return new JobAnswer(outcome.Status, outcome.Error is null ? State.Job : null, outcome.Error) { Again = outcome.Again };
    }

    /// <inheritdoc/>
    public Task<MachineSecrets?> Secrets()
    {
        // Every request with the machine's token comes through here: it was seen. The next write makes that durable; where none comes,
        // one of its own does.
        _seen = _time.GetUtcNow();
        if (_speaks is null && SightingSteps.IsToBeWritten(State, _seen))
            _speaks = this.RegisterGrainTimer(SpeaksAsync, new GrainTimerCreationOptions(TimeSpan.Zero, Timeout.InfiniteTimeSpan));
        if (State.Machine is not { } machine) return Task.FromResult<MachineSecrets?>(null);
        var job = State.Job is { } current && current.Uuid == machine.CurrentJob
            && current.State is not (JobState.Failed or JobState.Finished) ? current : null;
        return Task.FromResult<MachineSecrets?>(new MachineSecrets(machine.Secret, State.BootId)
        {
            Job = job?.Uuid ?? "",
            Task = job?.Task ?? "",
            IsTrusted = machine.Boot.IsTrusted,
            Profiles = machine.Profiles,
            Stage = machine.Stage,
        });
    }

    private async Task SpeaksAsync(CancellationToken cancellation)
    {
        try
        {
            await ActAsync("SIGHTED", s => SightingSteps.IsToBeWritten(s, _seen) ? SightingSteps.Speaks(s, Uuid, Context) : null,
                own: OwnSource.Boot);
        }
        finally
        {
            _speaks?.Dispose();
            _speaks = null;
        }
    }

    /// <inheritdoc/>
    public async Task<Reply> Sighted(Sighting sighting)
    {
        var isAgain = false;
        var outcome = await ActAsync("SIGHTED", s => sighting.What switch
        {
            SightingKind.Disk => SightingSteps.GoesToDisk(s, Uuid, sighting.Firmware, sighting.Via, Context),
            SightingKind.Discover when sighting.Failure.Length > 0 => SightingSteps.Fails(s, Uuid, sighting.Failure, Context),
            SightingKind.Discover => SightingSteps.Begins(s, Uuid, sighting.Firmware, sighting.Via, Context),
            SightingKind.Leased => SightingSteps.Leased(s, Uuid, sighting.Address, Context),
            SightingKind.Script => SightingSteps.Boots(s, Uuid, sighting.Firmware, sighting.Via, Context, sighting.BootId,
                sighting.Address, isAgain = SightingSteps.IsAgain(s, _script, Age)),
            _ => throw new ApiException(ApiError.BadRequest("machines", Uuid, "SIGHTED",
                $"a sighting of kind {(int)sighting.Kind} is not known")),
        }, own: OwnSource.Wire);
        if (sighting.What == SightingKind.Script && !isAgain && outcome.Error is null && State.Machine is { } booted)
            _script = new BootScript(booted.BootEnv, Age);
        return new Reply(outcome.Status, null, outcome.Error) { Revision = State.Revision, Again = outcome.Again };
    }

    /// <inheritdoc/>
    public async Task ReceiveReminder(string reminderName, TickStatus status)
    {
        _deadline.Came();
        await ActAsync("STUCK", s => MachineSteps.DeadlineCame(s, Context));
        // It may have come for a deadline that has moved or is over: it is set for the one that runs now, or taken away.
        CarryOut(MachineSteps.DeadlineOf(State));
    }

    /// <summary>Notes what the state holds: large ones are put away when others are used more.</summary>
    private void Hold() => _isLarge = _large.Use(GrainContext, State.Machine is null ? 0 : RoughSize.Of(State.Machine));

    /// <summary>Reads what is not sure, asks a rule, stores what it says, does what it says.</summary>
    /// <param name="type">Type of an error.</param>
    /// <param name="step">The rule; null from it: there is nothing to store.</param>
    /// <param name="actor">Who asks, where it may be the machine itself.</param>
    /// <param name="store">Takes the change instead of the machine's own row.</param>
    /// <param name="own">Who brings it about; null for a person, and where the actor says it.</param>
    private async Task<Outcome> ActAsync(string type, Func<MachineState, MachineChange?> step, Actor? actor = null,
        Func<MachineChange, Task>? store = null, OwnSource? own = null)
    {
        using var span = AnvilDiagnostics.Step();
        try
        {
            await _store.ReadAgainAsync(required: true);
            if (State.Damage.Count > 0 && type is not ("PUT" or "DELETE")) return Outcome.Of(DamageOf(type));
            var change = step(State);
            if (change is null) return new Outcome(200);
            if ((own ?? SourceOf(actor)) is { } source)
            {
                if (change.IsStill && change.State.Machine!.Boot.LastSeen is var seen && seen > _seen) _seen = seen;
                if (SightingSteps.ToStore(State, change) is not { } kept) return new Outcome(change.Status);
                change = Bounded(kept, type, source, mayRefuse: actor is not null);
            }

            var isSeen = type is "SIGHTED" or "STUCK";
            change = AddressClaims.Kept(State, change, isGiven: !isSeen);
            // What edges see, and the clock, move the boot record alone, as a rule: the document is not written for it.
            if (isSeen && BootRecord.Between(State, change.State) is { } record && _everySilo.Has(SiloTraits.BootStates))
            {
                await _store.WriteBootAsync(change.State, record);
                Written(change);
                return new Outcome(change.Status);
            }

            change = Sealed(change);
            if (actor is { IsMachine: true, MayAddCards: false } && await CardProblemAsync(change.State.Machine) is { } strange)
                return Outcome.Of(new ApiError("machines", Uuid, "AUTH", [strange], 403));
            if (store is not null)
            {
                await store(change);
                return new Outcome(change.Status);
            }

            if (!isSeen && await AddressProblemAsync(change.State.Machine) is { } taken)
                return Outcome.Of(ApiError.Invalid("machines", Uuid, taken));
            await _store.WriteAsync(change.State);
            Hold();
            Written(change);
            // What an edge goes by is not moved by what edges see.
            if (!isSeen) await _directory.PublishAsync(MachineNews.Of(Uuid, _store.Version, change.State.Machine));
            if (change.State.Machine is null)
            {
                await _store.ClearAsync();
                DeactivateOnIdle();
            }

            return new Outcome(change.Status);
        }
        catch (ApiException e)
        {
            return Outcome.Of(e.Error);
        }
        catch (InconsistentStateException e)
        {
            LogStale(e, Uuid);
            AnvilDiagnostics.Fenced.Add(1, new KeyValuePair<string, object?>("grain", "machine"));
            DeactivateOnIdle();
            var error = ApiError.Conflict("machines", Uuid, type, "the machine was changed elsewhere at the same time; try again");
            return Outcome.Of(error) with { Again = true };
        }
        catch (Exception e) when (e is OrleansException || DatabaseFailure.Is(e))
        {
            if (UniqueViolation.Of(e) is { } rule)
            {
                return Outcome.Of(ApiError.Invalid("machines", Uuid, UniqueRule.Broken(rule, Uuid))) with { Broken = rule };
            }

            LogStorageFailed(e, Uuid);
            return Outcome.Of(new ApiError("machines", Uuid, type,
                [_store.FaultOf(e).With("read the machine before trying again")], 503));
        }
    }

    private OwnSource? SourceOf(Actor? actor)
        => actor is not { IsMachine: true } ? null : !actor.IsTask ? OwnSource.Boot
            : actor.Name == Uuid ? OwnSource.Job : OwnSource.OthersJob;

    /// <summary>As <see cref="SourceOf"/>, of a job's steps: a boot's token brings them about as well.</summary>
    private OwnSource? SourceOfStep(Actor actor) => SourceOf(actor) is OwnSource.Boot ? OwnSource.Job : SourceOf(actor);

    /// <summary>What is kept of a change that the machine brings about itself.</summary>
    private MachineChange Bounded(MachineChange change, string type, OwnSource source, bool mayRefuse)
    {
        var bounded = _own.Bounded(Uuid, State, change, source, type, mayRefuse, Age, out var dropped);
        if (dropped > 0) AnvilDiagnostics.TimelineNoise.Add(dropped, new KeyValuePair<string, object?>("reason", "own"));
        return bounded;
    }

    /// <summary>What is wrong with the cards that a machine claims (<see cref="CardClaims"/>).</summary>
    private async Task<string?> CardProblemAsync(Machine? machine)
    {
        var claimed = CardClaims.Of(State.Machine, machine).ToList();
        if (claimed.Count == 0 || State.Machine is not { } before) return null;
        if (IPv4.TryParse(before.Address, out var address) && _catalog.Current.SubnetOf(address) is { } subnet)
        {
            var leases = _grains.Subnet(subnet.Name);
            foreach (var own in before.HardwareAddrs)
            {
                claimed.RemoveAll((await GrainCalls.AskAsync(() => leases.OnLinkOf(own, claimed))).Contains);
                if (claimed.Count == 0) return null;
            }
        }

        return CardClaims.Problem(claimed);
    }

    /// <summary>What is wrong with an address that a machine is given (<see cref="AddressClaims"/>).</summary>
    private async Task<string?> AddressProblemAsync(Machine? machine)
        => await HolderAsync(machine) is null ? null : AddressClaims.Problem(machine!.Address);

    private async Task<Machine?> HolderAsync(Machine? machine)
    {
        if (!AddressClaims.IsMade(State.Machine, machine)) return null;
        var query = ListQuery.Where(MachineFields.Table, nameof(Machine.Address), machine!.Address) with { Limit = 2 };
        return (await _queries.ListAsync(query, CancellationToken.None)).FirstOrDefault(m => m.Uuid != Uuid);
    }

    /// <summary>Secure params are stored sealed, whoever wrote them.</summary>
    private MachineChange Sealed(MachineChange change)
    {
        var machine = Sealed(change.State.Machine);
        return ReferenceEquals(machine, change.State.Machine) ? change : change with { State = change.State with { Machine = machine } };
    }

    private Machine? Sealed(Machine? machine) => machine is null ? null : SecureValues.Sealed(machine, _catalog.Current, _keys);

    private ApiError DamageOf(string type)
        => ApiError.Conflict("machines", Uuid, type, [.. State.Machine?.Errors ?? [], "replace or delete it"]);

    /// <summary>Every write of the machine comes through here once it is durable, and before its caller is answered.</summary>
    private void Written(MachineChange change)
    {
        _changed.Raise();
        foreach (var effect in change.Effects) CarryOut(effect);
    }

    private void CarryOut(Effect effect)
    {
        switch (effect)
        {
            case SetDeadline deadline:
                _deadline.Set(deadline.At);
                break;
            case ClearDeadline:
                _deadline.Set(default);
                break;
            case NoteTimeline line:
                _timeline.Note(Uuid, "", line.Kind, line.What, line.Outcome, line.Detail);
                break;
            case CountPhase moved:
                AnvilDiagnostics.Phases.Add(1, new KeyValuePair<string, object?>("phase", moved.Phase.ToString()));
                break;
            case WarnStuck stuck:
                LogStuck(stuck.Name, stuck.Reason);
                AnvilDiagnostics.Stuck.Add(1);
                break;
            default:
                throw new UnreachableException($"an effect is not carried out: {effect}");
        }
    }

    /// <summary>Who registers has a card of a machine that is known: it may be that machine, with a card more.</summary>
    /// <returns>What that machine's grain says; null when the card is nobody's any more.</returns>
    private async Task<MachineAnswer?> JoinKnownAsync(MachineWrite write)
    {
        try
        {
            var known = await _queries.FindManyAsync([], write.Machine.HardwareAddrs, CancellationToken.None);
            if (known.Count == 0) return null;
            // Why not is told with that machine's name, which is nothing for who registers.
            if (known.Count == 1 && write.OnLink
                && await _grains.Machine(known[0].Uuid).Join(write) is { Error: not { Code: 409 } } joined) return joined;
            foreach (var machine in known)
                _timeline.Note(machine.Uuid, "", "api", $"registration with {string.Join(", ", write.Machine.HardwareAddrs.Take(4))}",
                    "refused", "somebody with the right may add the card to this machine");
            return new MachineAnswer(409, null, ApiError.Conflict("machines", Uuid, "CREATE", CardClaims.Conflict(known.Count)), 0);
        }
        catch (Exception e) when (DatabaseFailure.Is(e))
        {
            LogStorageFailed(e, Uuid);
            return new MachineAnswer(503, null,
                new ApiError("machines", Uuid, "POST", [_store.FaultOf(e).With("try again")], 503), 0);
        }
    }

    private MachineAnswer Answer(Outcome outcome)
        => outcome.Error is { } error ? new MachineAnswer(error.Code, null, error, State.Revision) { Again = outcome.Again }
            : new MachineAnswer(outcome.Status, MachineSteps.Seen(State.Machine, _seen), null, State.Revision);

    private static ChangeOptions Options(ChangeTerms terms)
        => new(terms.Force, terms.Actor.IsMachine, terms.Actor.MayUpdateTaskList)
        {
            By = terms.Actor.Name,
            ByTask = terms.Actor.IsTask,
            Task = terms.Actor.Task,
            MayAddCards = terms.Actor.MayAddCards,
            Rights = terms.Actor.Rights,
            IfRevision = terms.IfRevision,
        };

    /// <summary>How a call ended.</summary>
    private sealed record Outcome(int Status)
    {
        public ApiError? Error { get; private init; }

        public bool Again { get; init; }

        public string? Broken { get; init; }

        public static Outcome Of(ApiError error) => new(error.Code) { Error = error };
    }
}
