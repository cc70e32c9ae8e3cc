using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using Anvil.Support;

namespace Anvil.Bench.Load;

/// <summary>GETs from many addresses, each on a connection of its own, as firmware asks: a closed loop of some clients at once.</summary>
internal static class HttpLoad
{
    /// <summary>Asks until the time is over; how many were answered with 200, and in what time.</summary>
    /// <param name="host">Where the addresses are.</param>
    /// <param name="port">The server's port.</param>
    /// <param name="targets">Addresses and the path that each asks for, in turns.</param>
    /// <param name="clients">How many ask at once.</param>
    /// <param name="requests">Requests on each connection.</param>
    /// <param name="time">How long.</param>
    /// <param name="cancellation">Ends it.</param>
    public static async Task<(int Answers, double Seconds)> RunAsync(NetworkNamespace host, int port,
        IReadOnlyList<(IPAddress Source, string Path)> targets, int clients, int requests, TimeSpan time, CancellationToken cancellation)
    {
        var (turn, answers) = (-1, 0);
        var began = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, clients).Select(_ => Task.Run(async () =>
        {
            var buffer = new byte[64 * 1024];
            while (Stopwatch.GetElapsedTime(began) < time)
            {
                cancellation.ThrowIfCancellationRequested();
                var (source, path) = targets[Interlocked.Increment(ref turn) % targets.Count];
                using var socket = host.Open(SocketType.Stream, source);
                socket.NoDelay = true;
                await socket.ConnectAsync(IPAddress.Parse(Link.ServerAddress), port, cancellation);
                var request = Encoding.ASCII.GetBytes(
                    $"GET {path} HTTP/1.1\r\nHost: {Link.ServerAddress}\r\nUser-Agent: iPXE/1.21\r\n\r\n");
                for (var i = 0; i < requests; i++)
                {
                    await socket.SendAsync(request, cancellation);
                    await AnswerAsync(socket, buffer, path, cancellation);
                    Interlocked.Increment(ref answers);
                }
            }
        }, cancellation)));
        return (answers, Stopwatch.GetElapsedTime(began).TotalSeconds);
    }

    private static async Task AnswerAsync(Socket socket, byte[] buffer, string path, CancellationToken cancellation)
    {
        var (length, total) = (0, -1);
        while (total < 0 || length < total)
        {
            var read = await socket.ReceiveAsync(buffer.AsMemory(length), cancellation);
            if (read == 0) throw new SetupException($"GET {path}: the connection was closed");
            length += read;
            if (total < 0) total = Total(buffer.AsSpan(0, length), path);
        }
    }

    /// <summary>Length of the answer, head and body; -1 while the head is not whole.</summary>
    private static int Total(ReadOnlySpan<byte> answer, string path)
    {
        var end = answer.IndexOf("\r\n\r\n"u8);
        if (end < 0) return -1;
        var head = Encoding.ASCII.GetString(answer[..end]);
        if (!head.StartsWith("HTTP/1.1 200", StringComparison.Ordinal))
            throw new SetupException($"GET {path}: {head.Split('\r')[0]}");
        var line = head.Split("\r\n").FirstOrDefault(l => l.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase))
            ?? throw new SetupException($"GET {path}: no length");
        return end + 4 + int.Parse(line[15..].Trim(), CultureInfo.InvariantCulture);
    }
}
