using System.Runtime.InteropServices;

namespace Anvil.Silo;

/// <summary>
/// How many files this process may have open (getrlimit(2), RLIMIT_NOFILE): each connection is one, and boot HTTP opens the file that it
/// sends. More connections than fit would take the database's files and DHCP's sockets.
/// </summary>
internal static partial class FileLimit
{
    /// <summary>Files for all but HTTP: the database, the cluster, DHCP, TFTP transfers, logs, sheets; half of the limit where that is
    /// less.</summary>
    public const int Rest = 2048;

    private const int OpenFiles = 7;

    /// <summary>Files that may be open, once the limit was raised as far as it may be; null where the system does not say.</summary>
    public static long? Raised()
    {
        try
        {
            if (GetLimit(OpenFiles, out var limit) != 0) return null;
            if (limit.Soft < limit.Hard)
            {
                var raised = limit with { Soft = limit.Hard };
                if (SetLimit(OpenFiles, in raised) == 0) limit = raised;
            }

            return limit.Soft > long.MaxValue ? long.MaxValue : (long)limit.Soft;
        }
        catch (Exception e) when (e is EntryPointNotFoundException or DllNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Connections at once to each port that fit.</summary>
    /// <param name="wanted">As the settings say.</param>
    /// <param name="files">Files that may be open; null: not known.</param>
    /// <param name="servesFiles">Boot HTTP is served as well, on a port of its own.</param>
    public static int Connections(int wanted, long? files, bool servesFiles)
    {
        if (files is not { } limit) return wanted;
        var left = limit - Math.Min(Rest, limit / 2);
        return (int)Math.Min(wanted, Math.Max(1, left / (servesFiles ? 3 : 1)));
    }

    /// <summary>A source's connections: where fewer fit in all than wanted, no source has more than an eighth of them.</summary>
    /// <param name="ofSource">As the settings say.</param>
    /// <param name="connections">Connections that fit.</param>
    /// <param name="wanted">Connections that the settings say.</param>
    public static int OfSource(int ofSource, int connections, int wanted)
        => connections >= wanted ? ofSource : Math.Min(ofSource, Math.Max(1, connections / 8));

    [LibraryImport("libc", EntryPoint = "getrlimit", SetLastError = true)]
    private static partial int GetLimit(int resource, out Limit limit);

    [LibraryImport("libc", EntryPoint = "setrlimit", SetLastError = true)]
    private static partial int SetLimit(int resource, in Limit limit);

    /// <summary>struct rlimit of 64-bit systems.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct Limit
    {
        public ulong Soft { get; init; }

        public ulong Hard { get; init; }
    }
}
