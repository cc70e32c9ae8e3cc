using Anvil.Contracts;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;

namespace Anvil.Grains.Machines;

/// <summary>
/// Keeps a grain's reminder registered only while a deadline runs. Nobody waits for that: the silo that keeps reminders may be the one
/// that has just died, and a deadline is minutes away. What failed is tried again by the grain's timer, which ends with the activation.
/// </summary>
/// <param name="grain">The grain.</param>
/// <param name="key">Its key, for the log.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log.</param>
public sealed partial class DeadlineReminder(IGrainBase grain, string key, TimeProvider time, ILogger logger)
{
    /// <summary>Name of the reminder.</summary>
    public const string Name = "deadline";

    /// <summary>After how long a registration that failed is tried again.</summary>
    public static readonly TimeSpan Retry = TimeSpan.FromSeconds(5);

    /// <summary>A reminder comes again after this until it is set anew: the one at the deadline may find nobody.</summary>
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(5);

    /// <summary>A deadline that moves on by less keeps its reminder: when that comes too early it is set anew.</summary>
    private static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(30);

    private IGrainTimer? _timer;
    private bool _running;
    private DateTimeOffset _wanted;

    /// <summary>When the registered reminder comes; zero: none is registered; null: not known.</summary>
    private DateTimeOffset? _registered;

    /// <summary>Wants a reminder at a deadline, or, with a zero time, none.</summary>
    public void Set(DateTimeOffset deadline)
    {
        _wanted = deadline;
        if (!_running && !IsRight()) Start(TimeSpan.Zero);
    }

    /// <summary>
    /// No deadline runs in the state that was read. A reminder that the activation before left behind comes once, and is taken away then.
    /// </summary>
    public void None() => _registered ??= default(DateTimeOffset);

    /// <summary>The reminder came: what is registered is to be looked at anew.</summary>
    public void Came() => _registered = null;

    private void Start(TimeSpan due)
    {
        var once = new GrainTimerCreationOptions(due, Timeout.InfiniteTimeSpan) { Interleave = true };
        if (_timer is null) _timer = grain.RegisterGrainTimer(RunAsync, once);
        else _timer.Change(due, Timeout.InfiniteTimeSpan);
    }

    private async Task RunAsync(CancellationToken cancellation)
    {
        if (_running) return;
        _running = true;
        try
        {
            while (!IsRight() && !cancellation.IsCancellationRequested) await RegisterAsync(_wanted);
        }
        catch (Exception e) when (e is OrleansException or TimeoutException or ArgumentException || DatabaseFailure.Is(e))
        {
            LogFailed(e, key);
            if (!cancellation.IsCancellationRequested) Start(Retry);
        }
        finally
        {
            _running = false;
        }
    }

    private bool IsRight()
        => _registered is { } at && (_wanted == at || (_wanted != default && at != default && _wanted > at && _wanted - at < Tolerance));

    private async Task RegisterAsync(DateTimeOffset deadline)
    {
        if (deadline == default)
        {
            if (await grain.GetReminder(Name) is { } reminder) await grain.UnregisterReminder(reminder);
        }
        else
        {
            var due = deadline - time.GetUtcNow();
            await grain.RegisterOrUpdateReminder(Name, due > TimeSpan.Zero ? due : TimeSpan.Zero, Period);
        }

        _registered = deadline;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "machine {Key}: the deadline's reminder cannot be set")]
    private partial void LogFailed(Exception exception, string key);
}
