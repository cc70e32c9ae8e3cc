using System.Data.Common;
using Anvil.Contracts.Diagnostics;
using Anvil.Contracts.Machines;

namespace Anvil.Grains.Machines;

/// <summary>
/// The way of this silo's boot records to the database: one transaction at a time, and all that is decided while one is written goes
/// together into the next (group commit). Thread-safe.
/// </summary>
/// <param name="store">Where the records live.</param>
/// <param name="time">For the length of writes.</param>
public sealed class BootJournal(IBootStateStore store, TimeProvider time)
{
    /// <summary>Most records of a transaction: those that wait behind it wait no longer than firmware does.</summary>
    private const int Most = 500;

    private readonly Lock _gate = new();

    /// <summary>The newest batch; others can join it until its turn has come.</summary>
    private BootBatch? _open;

    private Task _before = Task.CompletedTask;

    /// <summary>Writes a record; durable when it returns true.</summary>
    /// <returns>False: the machine is of another version, and nothing was written.</returns>
    public async Task<bool> StoreAsync(BootWrite write)
    {
        using var step = AnvilDiagnostics.Step();
        Task<bool>? done;
        BootBatch? begun = null;
        var before = Task.CompletedTask;
        lock (_gate)
        {
            if (_open is not { Count: < Most } || !_open.TryAdd(write, out done))
            {
                begun = _open = new BootBatch(write, out done);
                (before, _before) = (_before, begun.Over);
            }
        }

        // Whoever began a batch writes it, off its grain's turns: others wait for it.
        if (begun is not null) await Task.Run(() => RunAsync(begun, before)).ConfigureAwait(false);
        return await done.ConfigureAwait(false);
    }

    private async Task RunAsync(BootBatch batch, Task before)
    {
        await before.ConfigureAwait(false);
        lock (_gate)
        {
            if (_open == batch) _open = null;
        }

        try
        {
            await WriteAsync(batch, batch.Writes).ConfigureAwait(false);
        }
        finally
        {
            batch.End();
        }
    }

    private async Task WriteAsync(BootBatch batch, IReadOnlyList<BootWrite> writes)
    {
        try
        {
            var began = time.GetTimestamp();
            var written = await store.WriteAsync(writes, CancellationToken.None).ConfigureAwait(false);
            AnvilDiagnostics.BootWrite.Record(time.GetElapsedTime(began).TotalSeconds);
            AnvilDiagnostics.BootBatch.Record(writes.Count);
            foreach (var write in writes) batch.Settle(write, written.Contains(write.Uuid));
        }
        catch (DbException e) when (!e.IsTransient && writes.Count > 1)
        {
            // One of them may be what the database does not take: it harms no other. A record that was written after all is refused now.
            foreach (var write in writes) await WriteAsync(batch, [write]).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            foreach (var write in writes) batch.Fail(write, e);
        }
    }
}
