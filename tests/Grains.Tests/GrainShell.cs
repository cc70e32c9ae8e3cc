using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime;
using Orleans.Timers;

namespace Anvil.Grains.Tests;

/// <summary>
/// What a grain has around it in a silo, for one grain alone and with a clock that the test moves: turns one at a time, timers, and
/// its end. Calls run on one scheduler that never runs two at once, as Orleans does it.
/// </summary>
internal sealed class GrainShell : IGrainContext, ITimerRegistry
{
    private readonly ConcurrentExclusiveSchedulerPair _turns = new();
    private readonly TimeProvider _time;
    private readonly Dictionary<Type, object> _components = [];

    /// <summary>A shell for a grain.</summary>
    /// <param name="key">The grain's key.</param>
    /// <param name="time">The clock of its timers.</param>
    public GrainShell(string key, TimeProvider time)
    {
        _time = time;
        GrainId = GrainId.Create("test", key);
        ActivationServices = new ServiceCollection().AddSingleton<ITimerRegistry>(this).BuildServiceProvider();
    }

    /// <summary>The grain has asked for its end.</summary>
    public bool IsEnding { get; private set; }

    /// <summary>Timers that the grain keeps.</summary>
    public int Timers { get; private set; }

    public GrainReference GrainReference => throw new NotSupportedException("a grain alone has no reference");

    public GrainId GrainId { get; }

    public object? GrainInstance { get; set; }

    public ActivationId ActivationId { get; } = ActivationId.NewId();

    public GrainAddress Address => throw new NotSupportedException("a grain alone has no address");

    public IServiceProvider ActivationServices { get; }

    public IGrainLifecycle ObservableLifecycle => throw new NotSupportedException("a grain alone has no lifecycle");

    public IWorkItemScheduler Scheduler => throw new NotSupportedException("turns are begun by the test");

    public Task Deactivated => Task.CompletedTask;

    /// <summary>Runs a call in the grain's turns.</summary>
    public Task<T> Call<T>(Func<Task<T>> call)
        => Task.Factory.StartNew(call, CancellationToken.None, TaskCreationOptions.None, _turns.ExclusiveScheduler).Unwrap();

    /// <summary>Runs a call in the grain's turns.</summary>
    public Task Call(Func<Task> call)
        => Task.Factory.StartNew(call, CancellationToken.None, TaskCreationOptions.None, _turns.ExclusiveScheduler).Unwrap();

    public object? GetComponent(Type componentType) => _components.GetValueOrDefault(componentType);

    public object? GetTarget() => GrainInstance;

    public void SetComponent<TComponent>(TComponent? value)
        where TComponent : class
    {
        if (value is null) _components.Remove(typeof(TComponent));
        else _components[typeof(TComponent)] = value;
    }

    public void ReceiveMessage(object message) => throw new NotSupportedException("a grain alone gets no messages");

    public void Activate(Dictionary<string, object>? requestContext, CancellationToken cancellationToken = default)
        => throw new NotSupportedException("the test activates");

    public void Deactivate(DeactivationReason deactivationReason, CancellationToken cancellationToken = default) => IsEnding = true;

    public void Rehydrate(IRehydrationContext context) => throw new NotSupportedException("a grain alone does not move");

    public void Migrate(Dictionary<string, object>? requestContext, CancellationToken cancellationToken = default)
        => throw new NotSupportedException("a grain alone does not move");

    public bool Equals(IGrainContext? other) => ReferenceEquals(this, other);

    public IDisposable RegisterTimer(IGrainContext grainContext, Func<object?, Task> callback, object? state, TimeSpan dueTime,
        TimeSpan period)
        => throw new NotSupportedException("timers are grain timers");

    public IGrainTimer RegisterGrainTimer<TState>(IGrainContext grainContext, Func<TState, CancellationToken, Task> callback, TState state,
        GrainTimerCreationOptions options)
        => new Timer(this, cancellation => callback(state, cancellation), options);

    private sealed class Timer : IGrainTimer
    {
        private readonly GrainShell _shell;
        private readonly ITimer _timer;
        private readonly CancellationTokenSource _ended = new();
        private bool _running;

        public Timer(GrainShell shell, Func<CancellationToken, Task> callback, GrainTimerCreationOptions options)
        {
            _shell = shell;
            shell.Timers++;
            _timer = shell._time.CreateTimer(_ => _ = shell.Call(() => TickAsync(callback)), null, options.DueTime, options.Period);
        }

        public void Change(TimeSpan dueTime, TimeSpan period) => _timer.Change(dueTime, period);

        public void Dispose()
        {
            if (_ended.IsCancellationRequested) return;
            _ended.Cancel();
            _shell.Timers--;
            _timer.Dispose();
        }

        /// <summary>As in a silo, a tick that comes while the last one still runs is left out.</summary>
        private async Task TickAsync(Func<CancellationToken, Task> callback)
        {
            if (_running || _ended.IsCancellationRequested) return;
            _running = true;
            try
            {
                await callback(_ended.Token);
            }
            finally
            {
                _running = false;
            }
        }
    }
}
