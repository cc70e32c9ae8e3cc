namespace Anvil.Grains.Machines;

/// <summary>Tells those who wait that something has changed. For the turns of one grain: it is not safe for threads.</summary>
public sealed class ChangeSignal
{
    private TaskCompletionSource _next = New();

    /// <summary>Wakes all who wait now.</summary>
    public void Raise()
    {
        var waiting = _next;
        _next = New();
        waiting.TrySetResult();
    }

    /// <summary>Waits for the next change; false when none came in time.</summary>
    public async Task<bool> WaitAsync(TimeSpan wait, TimeProvider time)
    {
        try
        {
            await _next.Task.WaitAsync(wait, time);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
