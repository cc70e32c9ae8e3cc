using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Anvil.Contracts.Machines;

namespace Anvil.Grains.Machines;

/// <summary>Boot records that go to the database in one transaction, each of another machine.</summary>
internal sealed class BootBatch
{
    private readonly Dictionary<string, (BootWrite Write, TaskCompletionSource<bool> Done)> _writes = new(StringComparer.Ordinal);
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>A batch with its first record.</summary>
    public BootBatch(BootWrite first, out Task<bool> done)
    {
        if (!TryAdd(first, out var own)) throw new UnreachableException("a new batch is empty");
        done = own;
    }

    /// <summary>What is to be written.</summary>
    public IReadOnlyList<BootWrite> Writes => [.. _writes.Values.Select(w => w.Write)];

    /// <summary>Number of records.</summary>
    public int Count => _writes.Count;

    /// <summary>Ends when the batch was written or given up; never fails.</summary>
    public Task Over => _over.Task;

    /// <summary>Adds a record.</summary>
    /// <param name="write">The record.</param>
    /// <param name="done">Ends with true when it is durable, with false when it was refused.</param>
    /// <returns>False when the machine has one in this batch already.</returns>
    public bool TryAdd(BootWrite write, [NotNullWhen(true)] out Task<bool>? done)
    {
        var written = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        done = _writes.TryAdd(write.Uuid, (write, written)) ? written.Task : null;
        return done is not null;
    }

    /// <summary>Tells how one record ended.</summary>
    public void Settle(BootWrite write, bool written) => _writes[write.Uuid].Done.TrySetResult(written);

    /// <summary>Tells what kept one record from being written for sure.</summary>
    public void Fail(BootWrite write, Exception reason) => _writes[write.Uuid].Done.TrySetException(reason);

    /// <summary>The next batch's turn.</summary>
    public void End() => _over.TrySetResult();
}
