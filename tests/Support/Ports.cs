using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Anvil.Support;

/// <summary>
/// Port numbers of loopback that are a test's own until it gives them back. They lie below those that the kernel hands out by itself, and
/// each is held by a lock on a file, which other test processes of the machine respect; so nobody takes one between its choice and its
/// use.
/// </summary>
public sealed class Ports : IDisposable
{
    private const int First = 20_000;
    private const string Range = "/proc/sys/net/ipv4/ip_local_port_range";
    private readonly List<FileStream> _locks = [];

    /// <summary>A number that is free for TCP and UDP.</summary>
    /// <exception cref="SetupException">None is.</exception>
    public int Take()
    {
        var end = File.Exists(Range) ? int.Parse(File.ReadAllText(Range).Split('\t', ' ')[0], CultureInfo.InvariantCulture) : 32_768;
        if (end <= First) throw new SetupException($"{Range} leaves no ports from {First} on to tests");
        var folder = Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), "anvil-ports"));
        for (var tries = 0; tries < end - First; tries++)
        {
            var port = Random.Shared.Next(First, end);
            if (TryLock(Path.Combine(folder.FullName, $"{port}")) is not { } held) continue;
            if (IsFree(port))
            {
                lock (_locks) _locks.Add(held);
                return port;
            }

            held.Dispose();
        }

        throw new SetupException($"no port from {First} to {end} of 127.0.0.1 is free");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_locks)
        {
            foreach (var held in _locks) held.Dispose();
            _locks.Clear();
        }
    }

    private static FileStream? TryLock(string file)
    {
        try
        {
            return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var tcp = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            using var udp = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            tcp.Bind(new IPEndPoint(IPAddress.Any, port));
            udp.Bind(new IPEndPoint(IPAddress.Any, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
