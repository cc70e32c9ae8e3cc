using System.Data.Common;
using System.Runtime.CompilerServices;
using Dapper;

namespace Anvil.Storage;

/// <summary>Rows one after another, however many there are: one is in memory at a time.</summary>
internal static class UnbufferedRows
{
    /// <summary>Reads the rows of a statement. Who stops before the last one ends the statement at its server.</summary>
    /// <remarks>
    /// Dapper's own QueryUnbufferedAsync ends every statement so, read to its end or not (DapperLib/Dapper#2188): on PostgreSQL that is a
    /// connection and a process of the server for each list.
    /// </remarks>
    /// <param name="connection">Whose rows.</param>
    /// <param name="command">The statement; its cancellation ends the reading.</param>
    /// <param name="read">Reads the row on which the reader stands.</param>
    /// <param name="cancellation">As the command's, for who enumerates.</param>
    public static async IAsyncEnumerable<T> EachAsync<T>(this DbConnection connection, CommandDefinition command,
        Func<DbDataReader, T> read, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        await using var reader = await connection.ExecuteReaderAsync(command);
        var isRead = false;
        try
        {
            while (await reader.ReadAsync(cancellation)) yield return read(reader);
            isRead = true;
        }
        finally
        {
            if (!isRead) (reader as IWrappedDataReader)?.Command.Cancel();
        }
    }
}
