using System.Globalization;
using Anvil.Contracts;
using Anvil.Contracts.Diagnostics;
using Anvil.Contracts.Machines;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Jobs;
using Anvil.Provisioning.Machines;
using Anvil.Storage;
using Orleans.Runtime;
using Orleans.Storage;

namespace Anvil.Grains.Machines;

/// <summary>
/// A machine's state, its row and its boot record. What is read is both, the newer over the older. A write that was not confirmed leaves
/// the state as it was, and it is read again before the next one: the database may hold either.
/// </summary>
/// <param name="grain">The machine's grain.</param>
/// <param name="uuid">The machine.</param>
/// <param name="storage">Where states live.</param>
/// <param name="boots">The way of boot records.</param>
/// <param name="database">The database, which knows its faults.</param>
public sealed class MachineStore(GrainId grain, string uuid, IGrainStorage storage, BootJournal boots, Database database)
{
    private readonly GrainState<MachineState> _row = new(new MachineState());
    private bool _unsure;
    private Func<bool> _isOpen = static () => false;

    /// <summary>The state as it was last read or written.</summary>
    public MachineState State => _row.State!;

    /// <summary>The machine's version after the last write: counted up by every write of the state, and of the record.</summary>
    public string Version => _row.ETag ?? "0";

    /// <summary>The version that a write takes the place of; "" where there is no row.</summary>
    public string Row => _row.ETag ?? "";

    /// <summary>Reads the state.</summary>
    /// <exception cref="OrleansException">It cannot be read.</exception>
    public async Task ReadAsync()
    {
        try
        {
            await storage.ReadStateAsync(MachineGrain.StateName, grain, _row);
            // Whose a damaged row is, its key says.
            if (State is { Damage.Count: > 0, Machine: { } machine }) _row.State = State with { Machine = machine with { Uuid = uuid } };
        }
        catch (Exception e) when (e is not OrleansException)
        {
            throw Told("cannot be read", e);
        }
    }

    /// <summary>
    /// Writes a state: durable when it returns. That of a machine that is deleted clears the row as well, where the storage can do both at
    /// once.
    /// </summary>
    /// <exception cref="InconsistentStateException">Another activation has written since.</exception>
    /// <exception cref="OrleansException">It cannot be written, or whether it was is not known.</exception>
    /// <exception cref="ApiException">413: it is longer than what is read again.</exception>
    public async Task WriteAsync(MachineState next)
    {
        using var step = AnvilDiagnostics.Step();
        RoughSize.Check(State.Machine, next.Machine);
        var old = _row.State;
        _row.State = next with { Damage = [] };
        try
        {
            await Undone.AgainAsync(async () =>
            {
                if (next.Machine is null && storage is IStateRemoval removal)
                    await removal.RemoveStateAsync(MachineGrain.StateName, grain, _row);
                else await storage.WriteStateAsync(MachineGrain.StateName, grain, _row);
                return true;
            });
        }
        catch (Exception e)
        {
            _row.State = old;
            // A broken rule fails the whole write: then the row is as it was.
            _unsure = UniqueViolation.Of(e) is null;
            if (e is OrleansException) throw;
            throw Told("cannot be written", e);
        }
    }

    /// <summary>The next state as it is stored.</summary>
    /// <exception cref="ApiException">413: it is longer than what is read again.</exception>
    public byte[] Stored(MachineState next)
    {
        RoughSize.Check(State.Machine, next.Machine);
        return new StateSerializer().Serialize(next with { Damage = [] }).ToArray();
    }

    /// <summary>Somebody else may write the row, as long as it is said to be so.</summary>
    /// <param name="isOpen">True while it may.</param>
    public void Open(Func<bool> isOpen) => (_unsure, _isOpen) = (true, isOpen);

    /// <summary>Nobody else writes the row any more; what it holds is read at the next time.</summary>
    public void Close() => (_unsure, _isOpen) = (true, static () => false);

    /// <summary>Writes a state of which only the boot record has moved: durable when it returns.</summary>
    /// <exception cref="InconsistentStateException">Another activation has written since.</exception>
    public async Task WriteBootAsync(MachineState next, BootRecord record)
    {
        var version = long.Parse(Version, CultureInfo.InvariantCulture);
        try
        {
            if (!await boots.StoreAsync(new BootWrite(uuid, version, record, next.Events)))
                throw new InconsistentStateException($"machine {uuid} is not of version {version} any more", "", Version);
        }
        catch
        {
            _unsure = true;
            throw;
        }

        _row.State = next;
        _row.ETag = (version + 1).ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>Clears the row of a machine that was deleted, unless that was done with its last write.</summary>
    public Task ClearAsync()
        => _row.RecordExists ? storage.ClearStateAsync(MachineGrain.StateName, grain, _row) : Task.CompletedTask;

    /// <summary>What was the matter with the database when a read or write failed.</summary>
    public DatabaseFault FaultOf(Exception exception) => database.Of(exception) ?? DatabaseFault.Away;

    /// <summary>Says what failed, and carries what was the matter to silos that do not know the database's exceptions.</summary>
    private OrleansException Told(string what, Exception e)
    {
        var told = new OrleansException($"the state of machine {uuid} {what}", e);
        return database.Of(e) is { } fault ? fault.On(told) : told;
    }

    /// <summary>Reads the row again when it is not known what it holds.</summary>
    /// <param name="required">False: while the database is away, the state as it was last known is the best answer.</param>
    public async Task ReadAgainAsync(bool required)
    {
        if (!_unsure) return;
        try
        {
            // While somebody else may write it, what is read now may be old at the next time.
            var isOpen = _isOpen();
            await ReadAsync();
            _unsure = isOpen;
        }
        catch (Exception e) when (!required && (e is OrleansException || DatabaseFailure.Is(e)))
        {
            // As documented.
        }
    }
}
