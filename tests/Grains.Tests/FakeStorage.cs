using System.Collections.Concurrent;
using System.Globalization;
using Anvil.Contracts.Machines;
using Anvil.Grains;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Jobs;
using Anvil.Provisioning.Lists;
using Anvil.Provisioning.Machines;
using Microsoft.Data.Sqlite;
using Orleans.Runtime;
using Orleans.Storage;

namespace Anvil.Grains.Tests;

/// <summary>What a write comes to.</summary>
public enum WriteFate
{
    /// <summary>Nothing is stored, and the write fails.</summary>
    Lost,

    /// <summary>It is stored, and the write fails: its answer was lost.</summary>
    StoredAndLost,
}

/// <summary>
/// Rows of machines' states as a database keeps them: text with a version, each MAC address only once. It can be held up, fail, lose
/// answers, and be written behind a grain's back.
/// </summary>
public sealed class FakeStorage : IGrainStorage, IBootStateStore, IMachineQueries
{
    private const int SqliteConstraint = 19;
    private const int SqliteUnique = 2067;
    private readonly ConcurrentDictionary<string, Stored> _rows = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<WriteFate> _fates = new();
    private readonly StateSerializer _serializer = new();

    /// <summary>Writes wait for it; null: they do not.</summary>
    public TaskCompletionSource? Gate { get; set; }

    /// <summary>Writes of states that have begun.</summary>
    public int Begun { get; private set; }

    /// <summary>Writes of boot records wait for it; null: they do not.</summary>
    public TaskCompletionSource? BootGate { get; set; }

    /// <summary>Machines of each transaction of boot records that has begun, those that failed too.</summary>
    public ConcurrentQueue<IReadOnlyList<string>> BootBatches { get; } = new();

    /// <summary>Why a machine's record cannot be written, whatever else is in its transaction; null: it can.</summary>
    public Func<BootWrite, Exception?> BootFault { get; set; } = _ => null;

    /// <summary>Events of boot records.</summary>
    public ConcurrentQueue<MachineEvent> BootEvents { get; } = new();

    /// <summary>What the next write comes to.</summary>
    public void Next(WriteFate fate) => _fates.Enqueue(fate);

    /// <summary>The stored state of a machine, with its record in its place.</summary>
    public MachineState? Row(string uuid) => _rows.TryGetValue("m-" + uuid, out var row) ? Whole(row) : null;

    /// <summary>The stored state as it was last written whole.</summary>
    public MachineState? Document(string uuid) => _rows.TryGetValue("m-" + uuid, out var row) ? Read(row.Json) : null;

    /// <summary>Writes a record as another activation would.</summary>
    public void Move(string uuid, Func<BootRecord, BootRecord> change) => _rows["m-" + uuid] = Moved(_rows["m-" + uuid], change);

    /// <summary>Writes a row as another activation would.</summary>
    public void Overwrite(string uuid, Func<MachineState, MachineState> change)
        => _rows.AddOrUpdate("m-" + uuid, _ => throw new InvalidOperationException($"no row of {uuid}"),
            (_, row) => new Stored(Text(change(Whole(row))), row.Version + 1, null));

    /// <inheritdoc/>
    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var found = _rows.TryGetValue(Key(grainId), out var row);
        grainState.RecordExists = found;
        grainState.ETag = found ? row!.Version.ToString(CultureInfo.InvariantCulture) : null;
        grainState.State = found ? (T)(object)Whole(row!) : Activator.CreateInstance<T>();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        Begun++;
        if (Gate is { } gate) await gate.Task;
        var fails = _fates.TryDequeue(out var fate);
        if (fails && fate == WriteFate.Lost) throw new TimeoutException("the database does not answer");
        var state = (MachineState)(object)grainState.State!;
        CheckCards(state);
        var version = Check(grainId, grainState.ETag) + 1;
        _rows[Key(grainId)] = new Stored(Text(state), version, null);
        if (fails) throw new TimeoutException("the database's answer was lost");
        grainState.ETag = version.ToString(CultureInfo.InvariantCulture);
        grainState.RecordExists = true;
    }

    /// <inheritdoc/>
    public async Task<IReadOnlySet<string>> WriteAsync(IReadOnlyList<BootWrite> writes, CancellationToken cancellation)
    {
        BootBatches.Enqueue([.. writes.Select(w => w.Uuid)]);
        if (BootGate is { } gate) await gate.Task;
        if (writes.Select(BootFault).FirstOrDefault(f => f is not null) is { } fault) throw fault;
        var fails = _fates.TryDequeue(out var fate);
        if (fails && fate == WriteFate.Lost) throw new TimeoutException("the database does not answer");
        var written = new HashSet<string>(StringComparer.Ordinal);
        foreach (var write in writes)
        {
            if (!_rows.TryGetValue("m-" + write.Uuid, out var row) || row.Version != write.Version) continue;
            _rows["m-" + write.Uuid] = Moved(row, _ => write.Record);
            written.Add(write.Uuid);
            foreach (var told in write.Events) BootEvents.Enqueue(told);
        }

        return fails ? throw new TimeoutException("the database's answer was lost") : written;
    }

    /// <inheritdoc/>
    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        Check(grainId, grainState.ETag);
        _rows.TryRemove(Key(grainId), out _);
        (grainState.ETag, grainState.RecordExists, grainState.State) = (null, false, Activator.CreateInstance<T>());
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<Machine>> FindManyAsync(IReadOnlyCollection<string> names, IReadOnlyCollection<string> macs,
        CancellationToken cancellation)
        => Task.FromResult<IReadOnlyList<Machine>>([.. Machines()
            .Where(m => names.Contains(m.Name) || m.HardwareAddrs.Any(macs.Contains))]);

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> UuidsOfMarkAsync(string mark, string value, int most, CancellationToken cancellation)
        => throw new NotSupportedException();

    /// <inheritdoc/>
    public IAsyncEnumerable<Machine> WithAddressesAsync(IReadOnlyCollection<uint> addresses, CancellationToken cancellation)
        => throw new NotSupportedException();

    /// <inheritdoc/>
    public IAsyncEnumerable<Machine> FindEachAsync(IReadOnlyCollection<string> names, IReadOnlyCollection<string> macs,
        CancellationToken cancellation) => throw new NotSupportedException();

    /// <inheritdoc/>
    public Task<string?> UuidOfMacAsync(string mac, CancellationToken cancellation)
        => Task.FromResult(Machines().FirstOrDefault(m => m.HardwareAddrs.Contains(mac))?.Uuid);

    /// <inheritdoc/>
    public Task<string?> UuidOfNameAsync(string name, CancellationToken cancellation)
        => Task.FromResult(Machines().FirstOrDefault(m => m.Name == name)?.Uuid);

    /// <inheritdoc/>
    public Task<long> OctetsOfAsync(string uuid, CancellationToken cancellation)
        => Task.FromResult(Row(uuid)?.Machine is { } machine ? DocumentSize.Of(machine) : 0);

    /// <inheritdoc/>
    public Task<Machine?> FindAsync(string uuid, CancellationToken cancellation) => Task.FromResult(Row(uuid)?.Machine);

    /// <inheritdoc/>
    public Task<IReadOnlyList<Machine>> ListAsync(ListQuery query, CancellationToken cancellation)
        => Task.FromResult(new ListEvaluator(TimeProvider.System).Page<Machine>(query, [.. Machines()]).Rows);

    /// <inheritdoc/>
    public Task<long> CountAsync(CancellationToken cancellation) => throw new NotSupportedException();

    /// <inheritdoc/>
    public Task<UnapprovedCount> CountUnapprovedAsync(string subnet, CancellationToken cancellation) => throw new NotSupportedException();

    public Task<IReadOnlyList<Machine>> UnapprovedAsync(string after, int most, CancellationToken cancellation)
        => throw new NotSupportedException();

    public Task<ListPage<StoredMachine>> StoredAsync(ListQuery query, CancellationToken cancellation) => throw new NotSupportedException();

    /// <inheritdoc/>
    public Task<Job?> FindJobAsync(string uuid, CancellationToken cancellation) => throw new NotSupportedException();

    /// <inheritdoc/>
    public Task<ListPage<Machine>> PageAsync(ListQuery query, CancellationToken cancellation) => throw new NotSupportedException();

    /// <inheritdoc/>
    public Task<IReadOnlyList<FacetCount>> FacetAsync(ListQuery query, Field field, CancellationToken cancellation)
        => throw new NotSupportedException();

    /// <inheritdoc/>
    public Task<ListPage<Job>> PageJobsAsync(ListQuery query, CancellationToken cancellation) => throw new NotSupportedException();

    /// <inheritdoc/>
    public Task<IReadOnlyList<FacetCount>> FacetJobsAsync(ListQuery query, Field field, CancellationToken cancellation)
        => throw new NotSupportedException();

    /// <inheritdoc/>
    public Task<long> CountJobsAsync(CancellationToken cancellation) => throw new NotSupportedException();

    /// <inheritdoc/>
    public Task<ApiError?> DeleteJobAsync(string uuid, Func<Job, ApiError?> problem, MachineEvent told, CancellationToken cancellation)
        => throw new NotSupportedException();

    private static string Key(GrainId grain) => grain.Key.ToString()!;

    private long Check(GrainId grain, string? etag)
    {
        var stored = _rows.TryGetValue(Key(grain), out var row) ? row.Version : 0L;
        var known = etag is null ? 0 : long.Parse(etag, CultureInfo.InvariantCulture);
        return stored == known ? stored : throw new InconsistentStateException($"the row is of version {stored}", $"{stored}", etag);
    }

    private void CheckCards(MachineState state)
    {
        if (state.Machine is not { } machine) return;
        if (Machines().Any(m => m.Uuid != machine.Uuid && m.HardwareAddrs.Intersect(machine.HardwareAddrs).Any()))
            throw new SqliteException("UNIQUE constraint failed: machine_mac.mac", SqliteConstraint, SqliteUnique);
    }

    private IEnumerable<Machine> Machines() => _rows.Values.Select(r => Whole(r).Machine).OfType<Machine>();

    private MachineState Whole(Stored row) => row.Record is { } record ? record.Over(Read(row.Json)) : Read(row.Json);

    private Stored Moved(Stored row, Func<BootRecord, BootRecord> change)
    {
        var state = Whole(row);
        var machine = state.Machine!;
        var record = new BootRecord { Address = machine.Address, Boot = machine.Boot, BootId = state.BootId, Revision = state.Revision };
        return row with { Record = change(record), Version = row.Version + 1 };
    }

    private MachineState Read(string json) => _serializer.Deserialize<MachineState>(BinaryData.FromString(json));

    private string Text(MachineState state) => _serializer.Serialize(state).ToString();

    /// <summary>What is stored of a machine: its state as text, the version of both, and the record that is newer than the
    /// state.</summary>
    private sealed record Stored(string Json, long Version, BootRecord? Record);
}
