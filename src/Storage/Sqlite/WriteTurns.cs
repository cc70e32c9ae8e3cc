namespace Anvil.Storage.Sqlite;

/// <summary>
/// Turns at the one writer that SQLite has. What clients on the wire wait for (leases, boot records) goes before documents, and each of
/// the two in the order in which it came; after so many in a row one document goes, if any waits.
/// </summary>
public sealed class WriteTurns
{
    /// <summary>Most writes for the wire in a row while a document waits.</summary>
    public const int MostInARow = 16;

    private readonly Lock _lock = new();
    private readonly LinkedList<TaskCompletionSource> _wire = [];
    private readonly LinkedList<TaskCompletionSource> _documents = [];
    private bool _taken;
    private int _inARow;

    /// <summary>How many wait.</summary>
    public int Waiting
    {
        get
        {
            lock (_lock) return _wire.Count + _documents.Count;
        }
    }

    /// <summary>Waits for a turn; it is over when what comes back is disposed.</summary>
    /// <param name="isForTheWire">True for what clients on the wire wait for.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    public async ValueTask<IDisposable> TakeAsync(bool isForTheWire, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        LinkedListNode<TaskCompletionSource> mine;
        lock (_lock)
        {
            if (!_taken)
            {
                _taken = true;
                return new Turn(this);
            }

            mine = (isForTheWire ? _wire : _documents).AddLast(
                new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        await using (cancellation.Register(() => Leave(mine, cancellation))) await mine.Value.Task;
        return new Turn(this);
    }

    private void Leave(LinkedListNode<TaskCompletionSource> mine, CancellationToken cancellation)
    {
        lock (_lock)
        {
            // Without a list it was given its turn.
            if (mine.List is not { } list) return;
            list.Remove(mine);
        }

        mine.Value.SetCanceled(cancellation);
    }

    private void Next()
    {
        TaskCompletionSource next;
        lock (_lock)
        {
            var wire = _wire.Count > 0 && (_documents.Count == 0 || _inARow < MostInARow);
            var list = wire ? _wire : _documents;
            if (list.First is not { } first)
            {
                (_taken, _inARow) = (false, 0);
                return;
            }

            _inARow = wire ? _inARow + 1 : 0;
            list.RemoveFirst();
            next = first.Value;
        }

        next.SetResult();
    }

    private sealed class Turn(WriteTurns turns) : IDisposable
    {
        private WriteTurns? _turns = turns;

        public void Dispose() => Interlocked.Exchange(ref _turns, null)?.Next();
    }
}
