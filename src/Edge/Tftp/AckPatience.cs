namespace Anvil.Edge.Tftp;

/// <summary>
/// Ends the waits for acknowledgements: each after its own time, all when the transfer ends. One cancellation source serves many waits,
/// since an acknowledgement comes in time as a rule; a new one is made only for the wait after one that ran out.
/// </summary>
internal sealed class AckPatience : IDisposable
{
    private readonly Lock _lock = new();
    private readonly CancellationTokenRegistration _end;
    private CancellationTokenSource _now = new();
    private bool _isOver;

    /// <summary>Waits of a transfer that ends with a token.</summary>
    public AckPatience(CancellationToken cancellation)
        => _end = cancellation.UnsafeRegister(static patience => ((AckPatience)patience!).End(), this);

    /// <summary>A token for one wait; the one before is over.</summary>
    public CancellationToken For(TimeSpan time)
    {
        lock (_lock)
        {
            if (_isOver) return new CancellationToken(canceled: true);
            if (!_now.TryReset())
            {
                _now.Dispose();
                _now = new CancellationTokenSource();
            }

            _now.CancelAfter(time);
            return _now.Token;
        }
    }

    /// <summary>Waits for an end that is under way, and frees the source.</summary>
    public void Dispose()
    {
        _end.Dispose();
        _now.Dispose();
    }

    private void End()
    {
        // After this no wait takes another source, so that this one is not freed meanwhile.
        lock (_lock) _isOver = true;
        _now.Cancel();
    }
}
