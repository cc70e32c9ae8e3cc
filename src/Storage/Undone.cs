using System.Data.Common;
using Npgsql;

namespace Anvil.Storage;

/// <summary>
/// Writes that the database ended because two were in each other's way, as when two machines swap what is unique: it has undone one of
/// them whole, and the same write finds a free way as soon as the other is through.
/// </summary>
public static class Undone
{
    /// <summary>How often such a write is tried in all.</summary>
    public const int Attempts = 4;

    /// <summary>True when the exception, or one inside it, says so.</summary>
    public static bool Is(Exception exception)
    {
        for (Exception? e = exception; e is not null; e = e.InnerException)
        {
            if (e is DbException { SqlState: PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure }) return true;
        }

        return false;
    }

    /// <summary>Writes, and again where that was undone.</summary>
    /// <param name="write">The write, a transaction of its own.</param>
    public static async Task<T> AgainAsync<T>(Func<Task<T>> write)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await write();
            }
            catch (Exception e) when (attempt < Attempts && Is(e))
            {
                // The other one holds on until its server process wakes: who came back at once would take the row before it again, and one
                // of the two would be undone once more. Two that were undone together do not come back together.
                await Task.Delay(Random.Shared.Next(attempt * 20, attempt * 100));
            }
        }
    }
}
