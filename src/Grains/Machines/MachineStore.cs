using Anvil.Contracts.Diagnostics;
using Anvil.Contracts;
using Anvil.Provisioning.Jobs;
using Anvil.Storage;
using Orleans.Runtime;

namespace Anvil.Grains.Machines;

/// <summary>
/// A machine's state and its row. A write that was not confirmed leaves the state as it was, and it is read again before the next
/// one: the row may hold either.
/// </summary>
/// <param name="state">The state.</param>
/// <param name="database">The database, whose writers take turns.</param>
public sealed class MachineStore(IPersistentState<MachineState> state, Database database)
{
    private bool _unsure;

    /// <summary>The state as it was last read or written.</summary>
    public MachineState State => state.State;

    /// <summary>The row's version after the last write, as the storage counts it.</summary>
    public string Version => state.Etag ?? "0";

    /// <summary>Writes a state: durable when it returns.</summary>
    /// <exception cref="Orleans.Storage.InconsistentStateException">Another activation has written since.</exception>
    public async Task WriteAsync(MachineState next)
    {
        using var step = AnvilDiagnostics.Step();
        var old = state.State;
        state.State = next;
        try
        {
            using var turn = await database.WriteTurnAsync(CancellationToken.None);
            await state.WriteStateAsync();
        }
        catch (Exception e)
        {
            state.State = old;
            // A broken rule fails the whole write: then the row is as it was.
            _unsure = UniqueViolation.Of(e) is null;
            throw;
        }
    }

    /// <summary>Clears the row of a machine that was deleted.</summary>
    public async Task ClearAsync()
    {
        using var turn = await database.WriteTurnAsync(CancellationToken.None);
        await state.ClearStateAsync();
    }

    /// <summary>Reads the row again when it is not known what it holds.</summary>
    /// <param name="required">False: while the database is away, the state as it was last known is the best answer.</param>
    public async Task ReadAgainAsync(bool required)
    {
        if (!_unsure) return;
        try
        {
            await state.ReadStateAsync();
            _unsure = false;
        }
        catch (Exception e) when (!required && (e is OrleansException || DatabaseFailure.Is(e)))
        {
            // As documented.
        }
    }
}
