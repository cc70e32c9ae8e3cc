using Anvil.Objects.Memory;

namespace Anvil.Objects.Bulk;

/// <summary>
/// The memory that one machine of a bulk call takes. The call has one share: large machines are changed one after another, small ones
/// beside them.
/// </summary>
/// <param name="share">The call's share; it is used by who has the turn alone.</param>
/// <param name="turn">The turn of large machines.</param>
internal sealed class BulkRoom(IObjectMemory share, SemaphoreSlim turn) : IObjectMemory, IDisposable
{
    private bool _hasTurn;

    /// <inheritdoc/>
    public bool TryTake(long octets) => octets <= MemoryBudgets.Small || (_hasTurn && share.TryTake(octets));

    /// <inheritdoc/>
    public async Task TakeAsync(long octets, CancellationToken cancellation)
    {
        if (TryTake(octets)) return;
        if (!_hasTurn)
        {
            await turn.WaitAsync(cancellation);
            _hasTurn = true;
        }

        await share.TakeAsync(octets, cancellation);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_hasTurn) turn.Release();
        _hasTurn = false;
    }
}
