using System.Data.Common;
using System.Text.RegularExpressions;

namespace Anvil.Contracts;

/// <summary>Tells failures of the database from faults of the program.</summary>
public static class DatabaseFailure
{
    /// <summary>
    /// True when the exception, or one inside it, says that the database cannot be reached or did not answer in time. What a pattern took
    /// too long for is no such thing.
    /// </summary>
    public static bool Is(Exception exception)
    {
        for (Exception? e = exception; e is not null; e = e.InnerException)
        {
            if (e is DbException or System.Net.Sockets.SocketException or (TimeoutException and not RegexMatchTimeoutException))
                return true;
        }

        return false;
    }
}
