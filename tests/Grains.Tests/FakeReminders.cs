using System.Collections.Concurrent;
using Orleans.Runtime;

namespace Anvil.Grains.Tests;

/// <summary>The reminders of a cluster; the next registrations can fail.</summary>
public sealed class FakeReminders : IReminderTable
{
    private readonly ConcurrentDictionary<(GrainId Grain, string Name), ReminderEntry> _rows = new();
    private int _failing;

    /// <summary>How many of the next registrations fail.</summary>
    public int Failing { get => _failing; set => _failing = value; }

    /// <summary>Registrations that were tried.</summary>
    public int Tried { get; private set; }

    /// <summary>Whose reminder was looked for.</summary>
    public ConcurrentQueue<GrainId> Looked { get; } = new();

    /// <summary>The registered reminder of a machine; null for none.</summary>
    public ReminderEntry? Of(string uuid) => _rows.Values.FirstOrDefault(r => r.GrainId.Key.ToString() == "m-" + uuid);

    /// <inheritdoc/>
    public Task<ReminderTableData> ReadRows(GrainId grainId)
        => Task.FromResult(new ReminderTableData(_rows.Values.Where(r => r.GrainId == grainId)));

    /// <inheritdoc/>
    public Task<ReminderTableData> ReadRows(uint begin, uint end) => Task.FromResult(new ReminderTableData());

    /// <inheritdoc/>
    public Task<ReminderEntry?> ReadRow(GrainId grainId, string reminderName)
    {
        Looked.Enqueue(grainId);
        return Task.FromResult(_rows.GetValueOrDefault((grainId, reminderName)));
    }

    /// <inheritdoc/>
    public Task<string?> UpsertRow(ReminderEntry entry)
    {
        Tried++;
        if (Interlocked.Decrement(ref _failing) >= 0) throw new TimeoutException("the database does not answer");
        entry.ETag = Guid.NewGuid().ToString();
        _rows[(entry.GrainId, entry.ReminderName)] = entry;
        return Task.FromResult<string?>(entry.ETag);
    }

    /// <inheritdoc/>
    public Task<bool> RemoveRow(GrainId grainId, string reminderName, string eTag)
        => Task.FromResult(_rows.TryRemove((grainId, reminderName), out _));

    /// <inheritdoc/>
    public Task TestOnlyClearTable()
    {
        _rows.Clear();
        return Task.CompletedTask;
    }
}
