using Anvil.Contracts.Events;
using Anvil.Provisioning.Jobs;

namespace Anvil.Storage;

/// <summary>Events that are written by themselves, in either database.</summary>
public sealed class EventJournal(Database database) : IEventJournal
{
    /// <inheritdoc/>
    public async Task TellAsync(MachineEvent happened, CancellationToken cancellation)
    {
        using var turn = await database.WriteTurnAsync(cancellation);
        await using var connection = await database.ConnectAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await DocumentRows.TellAsync(connection, transaction, database.Value(happened.Time), happened);
        await transaction.CommitAsync(cancellation);
    }
}
