using System.Data.Common;

namespace Anvil.Contracts;

/// <summary>Tells failures of the database from faults of the program.</summary>
public static class DatabaseFailure
{
    /// <summary>True when the exception, or one inside it, says that the database cannot be reached or did not answer in time.</summary>
    public static bool Is(Exception exception)
    {
        for (Exception? e = exception; e is not null; e = e.InnerException)
        {
            if (e is DbException or TimeoutException or System.Net.Sockets.SocketException) return true;
        }

        return false;
    }
}
