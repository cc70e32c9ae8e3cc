using Anvil.Contracts;
using Anvil.Contracts.Catalog;
using Anvil.Contracts.Events;
using Anvil.Contracts.Webhooks;
using Anvil.Grains.Machines;
using Anvil.Grains.Placement;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Jobs;
using Anvil.Provisioning.Webhooks;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Runtime;
using Orleans.Storage;

namespace Anvil.Grains.Webhooks;

/// <summary>
/// Delivers to one webhook, so that a receiver that is slow holds up itself alone. What is being sent is stored before, and where it is
/// in the log after it: whoever goes on when this silo is gone sends the same once more, or what comes next.
/// </summary>
#pragma warning disable ORLEANSEXP004 // Placement filters are the means that Orleans has for this.
[CorePlacementFilter]
#pragma warning restore ORLEANSEXP004
public sealed partial class WebhookGrain : Grain, IWebhookGrain, IDisposable
{
    /// <summary>Name of the state in the storage: part of its key, so it never changes.</summary>
    public const string StateName = "webhook";

    /// <summary>What is passed over is written this often: it is read again, and tells nothing twice.</summary>
    private static readonly TimeSpan Passed = TimeSpan.FromSeconds(30);

    private readonly IGrainStorage _storage;
    private readonly IWebhookFeed _feed;
    private readonly IEventStore _events;
    private readonly ICatalog _catalog;
    private readonly GrainFinder _grains;
    private readonly ParamKeys _keys;
    private readonly WebhookOptions _options;
    private readonly IDatabaseFaults _faults;
    private readonly TimeProvider _time;
    private readonly ILogger<WebhookGrain> _logger;
    private readonly WebhookSender _sender;
    private readonly GrainState<WebhookState> _row = new(new WebhookState());
    private readonly SemaphoreSlim _saving = new(1, 1);
    private readonly SemaphoreSlim _asked = new(1, 1);
    private readonly CancellationToken _stopping;
    private WebhookState _state = new();
    private IGrainTimer? _timer;
    private long _saved;

    /// <summary>Set with a batch that is null: whether there is more to look at.</summary>
    private bool _goesOn;

    /// <summary>Makes an activation.</summary>
    public WebhookGrain([FromKeyedServices(MachineGrain.Store)] IGrainStorage storage, IWebhookFeed feed, IEventStore events,
        ICatalog catalog, GrainFinder grains, ParamKeys keys, IOptions<WebhookOptions> options, IDatabaseFaults faults,
        IHostApplicationLifetime life, TimeProvider time, ILogger<WebhookGrain> logger)
    {
        (_storage, _feed, _events, _catalog, _grains, _keys) = (storage, feed, events, catalog, grains, keys);
        (_options, _faults, _time, _logger) = (options.Value, faults, time, logger);
        _sender = new WebhookSender(options, time);
        _saved = time.GetTimestamp();
        // A silo that ends waits for what its grains do: a receiver that takes its time does not hold it up.
        _stopping = life.ApplicationStopping;
    }

    private string Name => GrainKeys.Bare(this.GetPrimaryKeyString());

    private Webhook? Document => _catalog.Current.OfKind(Webhook.Kind).GetValueOrDefault(Name) as Webhook;

    /// <inheritdoc/>
    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        await _storage.ReadStateAsync(StateName, this.GetGrainId(), _row, cancellationToken);
        _state = _row.State ?? new WebhookState();
    }

    /// <inheritdoc/>
    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        Stop();
        try
        {
            await SaveOwedAsync();
        }
        catch (Exception e)
        {
            // What was taken is sent once more, under the same id.
            LogWaits(Name, e.Message);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _sender.Dispose();
        _saving.Dispose();
        _asked.Dispose();
    }

    /// <inheritdoc/>
    public async Task Wake()
    {
        if (Document is not { } webhook) await ForgetAsync();
        else if (webhook.Enabled && _timer is null && !_stopping.IsCancellationRequested)
        {
            _timer = this.RegisterGrainTimer(RunAsync, new GrainTimerCreationOptions(TimeSpan.Zero,
                TimeSpan.FromSeconds(_options.PollSeconds))
            { Interleave = true, KeepAlive = true });
        }
    }

    /// <inheritdoc/>
    public Task<WebhookState> Read() => Task.FromResult(_state);

    /// <inheritdoc/>
    public async Task<DeliveryOutcome> Ping()
        => await AskedAsync(NewId(), async id => Document is not { } webhook || webhook.OpenSecret(_keys) is not { } secret
                || Webhook.UrlProblem(webhook.Url) is not null
            ? new DeliveryOutcome(id, 0, Document is { } broken ? _feed.Stopped(broken) : "the webhook is gone")
            : OutcomeOf(id, 0, await _sender.PostAsync(webhook, secret, id, [], _stopping)));

    /// <inheritdoc/>
    public async Task<DeliveryOutcome?> Redeliver(string id)
        => _state.DeadLetters.All(d => d.Id != id) ? null : await AskedAsync(id, RedeliverAsync);

    /// <inheritdoc/>
    public async Task<DeadLetter?> Drop(string id)
    {
        if (_state.DeadLetters.FirstOrDefault(d => d.Id == id) is not { } dead) return null;
        _state = _state.Without(id);
        await SaveAsync();
        return dead;
    }

    private static DeliveryOutcome OutcomeOf(string id, int events, WebhookAnswer answer)
        => new(id, answer.Status, answer.Error) { Events = events, Milliseconds = answer.Milliseconds };

    private string NewId() => Guid.CreateVersion7(_time.GetUtcNow()).ToString();

    /// <summary>Does what somebody asked for, one after another: the receiver is not to be flooded by way of a webhook.</summary>
    private async Task<DeliveryOutcome> AskedAsync(string id, Func<string, Task<DeliveryOutcome>> act)
    {
        if (!await _asked.WaitAsync(TimeSpan.Zero, CancellationToken.None))
            return new DeliveryOutcome(id, 0, "another delivery that was asked for is under way: try again when it is over");
        try
        {
            return await act(id);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            return new DeliveryOutcome(id, 0, "the silo that sent it ends, and does not know whether it was taken: try again");
        }
        finally
        {
            _asked.Release();
        }
    }

    private async Task<DeliveryOutcome> RedeliverAsync(string id)
    {
        if (Document is not { } webhook || _state.DeadLetters.FirstOrDefault(d => d.Id == id) is not { } dead)
            return new DeliveryOutcome(id, 0, "it is gone");
        if (_feed.Stopped(webhook) is { Length: > 0 } stopped) return new DeliveryOutcome(id, 0, stopped);
        var last = EventPlace.Read(dead.To)!.Value;
        var batch = await NextAsync(webhook, dead.From, last, _stopping);
        while (batch is { Events.Count: 0, HasMore: true }) batch = await NextAsync(webhook, batch.Reached.Seq, last, _stopping);
        var answer = batch.Events.Count == 0 ? new WebhookAnswer(0, "", 0)
            : await _sender.PostAsync(webhook, webhook.OpenSecret(_keys) ?? "", id, batch.Events, _stopping);
        var isWhole = batch.Reached == last;
        // What is left of one that has become more is sent when it is asked for again.
        _state = answer.Error.Length > 0 || isWhole
            ? _state.Redelivered(id, answer.Error, batch.Events.Count, _time.GetUtcNow())
            : _state.Shortened(id, batch.Reached.Seq, batch.Events.Count, _time.GetUtcNow());
        await SaveAsync();
        return OutcomeOf(id, batch.Events.Count, answer);
    }

    private async Task RunAsync(CancellationToken cancellation)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _stopping);
        try
        {
            while (!either.IsCancellationRequested && await StepAsync(either.Token))
            {
                // The next one follows at once.
            }
        }
        catch (Exception) when (_stopping.IsCancellationRequested || cancellation.IsCancellationRequested)
        {
            // What was being sent is sent again by whoever goes on.
        }
        catch (InconsistentStateException)
        {
            // Another silo has it: what it stored is read by the next activation here, if there is one.
            DeactivateOnIdle();
        }
        catch (Exception e) when (e is OrleansException or TimeoutException || DatabaseFailure.Is(e) || _faults.Of(e) is not null)
        {
            LogWaits(Name, _faults.Of(e)?.Text ?? e.Message);
        }
        catch (Exception e)
        {
            LogFailed(e, Name);
        }
    }

    /// <summary>Delivers once; false when nothing is to be done before the next look.</summary>
    private async Task<bool> StepAsync(CancellationToken cancellation)
    {
        if (Document is not { } webhook)
        {
            await ForgetAsync();
            return false;
        }

        if (!webhook.Enabled)
        {
            await SaveOwedAsync();
            Stop();
            return false;
        }

        if (_feed.Stopped(webhook).Length > 0) return false;
        var now = _time.GetUtcNow();
        if (_state.Place.Length == 0 || _state.Begins != webhook.Begins)
            _state = _state.For(webhook.Begins, webhook.Begins.Length > 0 ? "" : (await _events.EndAsync(cancellation)).Seq);
        if (_state.Pending?.Next > now) return false;
        var revision = _catalog.Current.RevisionOf(Webhook.Kind, Name);
        var batch = _state.Pending is { } pending ? await AgainAsync(webhook, pending, cancellation)
            : await FreshAsync(webhook, cancellation);
        if (batch is null) return _goesOn;
        // Whoever goes on when this silo is gone is to send the same under the same id.
        if (_row.State?.Pending?.Id != _state.Pending!.Id) await SaveAsync();
        if (Document?.Begins != webhook.Begins) return true;
        var answer = await _sender.PostAsync(webhook, webhook.OpenSecret(_keys) ?? "", _state.Pending!.Id, batch.Events, cancellation);
        if (Document?.Begins != webhook.Begins) return true;
        if (answer.Error.Length == 0)
        {
            _state = _state.Taken(_time.GetUtcNow());
            return true;
        }

        LogNotTaken(Name, _state.Pending!.Id, answer.Error);
        if (answer.IsGone) await DisableAsync(revision, cancellation);
        else await FailedAsync(answer, cancellation);
        return false;
    }

    /// <summary>The next events, as what is being delivered; null for none.</summary>
    private async Task<WebhookBatch?> FreshAsync(Webhook webhook, CancellationToken cancellation)
    {
        var batch = await NextAsync(webhook, _state.Place, null, cancellation);
        if (batch.Events.Count == 0)
        {
            var hasMoved = batch.Reached.Seq != _state.Place;
            _state = _state with { Place = batch.Reached.Seq };
            _goesOn = batch.HasMore;
            if (hasMoved && _time.GetElapsedTime(_saved) >= Passed) await SaveAsync();
            else await SaveOwedAsync();
            return null;
        }

        _state = _state with
        {
            Pending = new PendingDelivery
            {
                Id = NewId(),
                From = _state.Place,
                To = batch.Reached.Seq,
                Events = batch.Events.Count,
                OfWebhooks = batch.OfWebhooks,
                First = _time.GetUtcNow(),
            },
        };
        return batch;
    }

    /// <summary>The events of a delivery that was begun, as far as they may be told by now; null when there are none.</summary>
    private async Task<WebhookBatch?> AgainAsync(Webhook webhook, PendingDelivery pending, CancellationToken cancellation)
    {
        var last = EventPlace.Read(pending.To)!.Value;
        var batch = await NextAsync(webhook, pending.From, last, cancellation);
        _goesOn = batch.HasMore || batch.Reached == last;
        if (batch.Events.Count == 0)
        {
            // Nobody hears anything while the owner is no more: what is pending waits.
            _state = batch.HasMore ? _state with { Pending = pending with { From = batch.Reached.Seq } }
                : batch.Reached == last ? _state with { Pending = null, Place = pending.To } : _state;
            return null;
        }

        if (batch.Reached == last) return batch;
        // More is told by now than would fit: what is sent is another delivery.
        _state = _state with
        {
            Pending = pending with { Id = NewId(), To = batch.Reached.Seq, Events = batch.Events.Count, OfWebhooks = batch.OfWebhooks },
        };
        return batch;
    }

    private Task<WebhookBatch> NextAsync(Webhook webhook, string from, EventPlace? upTo, CancellationToken cancellation)
        => _feed.NextAsync(webhook, EventPlace.Read(from) ?? EventPlace.Start, upTo, _options.BatchEvents, _options.BatchKiB << 10,
            cancellation);

    private async Task FailedAsync(WebhookAnswer answer, CancellationToken cancellation)
    {
        var isOfWebhooks = _state.Pending!.OfWebhooks;
        (_state, var dead) = _state.Failed(answer.Error, _time.GetUtcNow(), _options.Retry(), answer.RetryAfter,
            Random.Shared.NextDouble());
        await SaveAsync();
        // What tells of dead letters and is one itself is not told in turn, or two dead receivers would keep each other busy for ever.
        if (dead is null || isOfWebhooks) return;
        LogDead(Name, dead.Id, dead.Attempts, dead.Reason);
        var told = $"delivery {dead.Id} ({dead.Events} events, from {dead.From} to {dead.To}) is a dead letter after {dead.Attempts} "
            + $"attempts: {dead.Reason}";
        await _events.AppendAsync(new MachineEvent(_time.GetUtcNow(), Webhook.Kind, "deadletter", Name, told)
        {
            Principal = Webhook.Teller,
        }, cancellation);
    }

    /// <summary>The receiver is gone: what waits stays, for whoever enables the webhook again.</summary>
    private async Task DisableAsync(long revision, CancellationToken cancellation)
    {
        var now = _time.GetUtcNow();
        _state = _state with
        {
            LastFailure = now,
            LastError = "answered 410: the receiver wants no more, and the webhook is disabled",
            Pending = _state.Pending! with { Next = now + _options.Retry().First },
        };
        await SaveAsync();
        var terms = new ChangeTerms(new Actor(Webhook.Teller, IsMachine: false, MayUpdateTaskList: false)) { IfRevision = revision };
        var answer = await GrainCalls.AskAsync(() => _grains.Catalog.Amend(new CatalogPatch(Webhook.Kind, Name,
            """[{"op":"replace","path":"/Enabled","value":false}]""", terms)));
        if (answer.Error is null) await _catalog.AtLeastAsync(answer.Revision, cancellation);
        else LogWaits(Name, string.Join("; ", answer.Error.Messages));
    }

    private void Stop()
    {
        _timer?.Dispose();
        _timer = null;
    }

    /// <summary>The webhook is deleted: nothing is kept of it.</summary>
    private async Task ForgetAsync()
    {
        Stop();
        _state = new WebhookState();
        await _saving.WaitAsync(CancellationToken.None);
        try
        {
            if (_row.RecordExists) await _storage.ClearStateAsync(StateName, this.GetGrainId(), _row, CancellationToken.None);
        }
        finally
        {
            _saving.Release();
        }

        DeactivateOnIdle();
    }

    /// <summary>Stores what was delivered, where that is not stored yet.</summary>
    private Task SaveOwedAsync()
        => _row.State is { } stored && (stored.Delivered != _state.Delivered || stored.Pending != _state.Pending)
            ? SaveAsync() : Task.CompletedTask;

    /// <summary>Stores the state, one write after another: others wait for the same row.</summary>
    private async Task SaveAsync()
    {
        await _saving.WaitAsync(CancellationToken.None);
        try
        {
            if (Document is null) return;
            var before = _row.State;
            _row.State = _state;
            try
            {
                await _storage.WriteStateAsync(StateName, this.GetGrainId(), _row, CancellationToken.None);
                _saved = _time.GetTimestamp();
            }
            catch
            {
                _row.State = before;
                throw;
            }
        }
        finally
        {
            _saving.Release();
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "webhook {Name}: delivery {Id} was not taken: {Reason}")]
    private partial void LogNotTaken(string name, string id, string reason);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "webhook {Name}: delivery {Id} is a dead letter after {Attempts} attempts: {Reason}")]
    private partial void LogDead(string name, string id, int attempts, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "webhook {Name} waits: {Reason}")]
    private partial void LogWaits(string name, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "webhook {Name}: a delivery failed")]
    private partial void LogFailed(Exception exception, string name);
}
