using Anvil.Contracts.Catalog;
using Anvil.Provisioning.Catalog;

namespace Anvil.Grains.Tests;

/// <summary>A catalog in memory, as a database keeps it: a write is refused that was decided upon an older revision.</summary>
internal sealed class FakeCatalogStore : ICatalogStore
{
    private readonly Lock _lock = new();
    private readonly Dictionary<DocumentKey, (long Revision, CatalogChange Change)> _rows = [];
    private long _revision = 1;

    /// <summary>The next write waits for it before it is looked at; null: it does not.</summary>
    public TaskCompletionSource? Gate { get; set; }

    /// <summary>Writes that have begun.</summary>
    public int Begun { get; private set; }

    /// <summary>Writes that were refused.</summary>
    public int Refused { get; private set; }

    /// <summary>What was written, in order: action and key.</summary>
    public List<string> Events { get; } = [];

    public Task<long> RevisionAsync(CancellationToken cancellation)
    {
        lock (_lock) return Task.FromResult(_revision);
    }

    public Task<CatalogDelta> ChangesSinceAsync(long revision, CancellationToken cancellation)
    {
        lock (_lock)
        {
            var changed = _rows.Where(r => r.Value.Revision > revision).ToList();
            return Task.FromResult(new CatalogDelta(_revision,
                [.. changed.Where(r => r.Value.Change.Document is not null)
                    .Select(r => new CatalogEntry(r.Value.Change.Document!, r.Value.Revision))],
                [.. changed.Where(r => r.Value.Change.Document is null).Select(r => r.Key)], revision < 0));
        }
    }

    public async Task<long?> WriteAsync(long expectedRevision, IReadOnlyList<CatalogChange> changes, string principal,
        CancellationToken cancellation)
    {
        TaskCompletionSource? gate;
        lock (_lock)
        {
            Begun++;
            (gate, Gate) = (Gate, null);
        }

        // Off the turns of the grain that asks: its silo may be dead by then.
        if (gate is not null) await gate.Task.ConfigureAwait(false);
        lock (_lock)
        {
            if (expectedRevision != _revision)
            {
                Refused++;
                return null;
            }

            _revision++;
            foreach (var change in changes)
            {
                _rows[new DocumentKey(change.Prefix, change.Key)] = (_revision, change);
                Events.Add($"{change.Action} {change.Key}");
            }

            return _revision;
        }
    }
}
