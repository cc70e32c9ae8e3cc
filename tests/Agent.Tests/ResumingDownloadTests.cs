using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Anvil.Agent.Disks;

namespace Anvil.Agent.Tests;

/// <summary>A download that breaks off goes on with the same file or not at all: what is written is never two files.</summary>
public sealed class ResumingDownloadTests
{
    private const int Length = 100_000;
    private const string Modified = "Last-Modified: Wed, 21 Oct 2015 07:28:00 GMT";
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(1);

    [Theory]
    [InlineData("ETag: \"v1\"", "\"v1\"")]
    [InlineData(Modified, "Wed, 21 Oct 2015 07:28:00 GMT")]
    public async Task TheSameFileGoesOnWhereItBrokeOff(string version, string ifRange)
    {
        await using var server = new BreakingServer(version, at => Part(at, at, Length, version));
        Assert.Equal(File(), await server.ReadAsync());
        Assert.Contains($"If-Range: {ifRange}", server.Asked[1], StringComparison.OrdinalIgnoreCase);
        Assert.Contains($"Range: bytes={Length / 2}-", server.Asked[1], StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("")]
    [InlineData("ETag: W/\"v1\"")]
    public async Task OfAServerThatNamesNoVersionNothingIsResumed(string version)
    {
        await using var server = new BreakingServer(version, at => Part(at, at, Length, ""));
        var fault = await Assert.ThrowsAsync<AgentException>(server.ReadAsync);
        Assert.Contains("names no version of the file", fault.Message, StringComparison.Ordinal);
        Assert.Single(server.Asked);
    }

    public static TheoryData<string, string> Others { get; } = new()
    {
        { "another place", "sends what begins at 1" },
        { "another length", "100001 octets now" },
        { "no length", "an unknown length now" },
        { "no place", "does not say which part" },
        { "another tag", "the file has changed" },
        { "the whole", "HTTP 200" },
    };

    [Theory]
    [MemberData(nameof(Others))]
    public async Task WhatIsNotTheRestIsRefused(string what, string why)
    {
        await using var server = new BreakingServer("ETag: \"v1\"", at => what switch
        {
            "another place" => Part(at, 1, Length, "ETag: \"v1\""),
            "another length" => Part(at, at, Length + 1, "ETag: \"v1\""),
            "no length" => Part(at, at, null, "ETag: \"v1\""),
            "no place" => $"HTTP/1.1 206 Partial Content\r\nContent-Length: {Length - at}\r\n\r\n",
            "another tag" => Part(at, at, Length, "ETag: \"v2\""),
            _ => $"HTTP/1.1 200 OK\r\nContent-Length: {Length}\r\n\r\n",
        });
        var fault = await Assert.ThrowsAsync<AgentException>(server.ReadAsync);
        Assert.Contains("cannot be resumed at 50000", fault.Message, StringComparison.Ordinal);
        Assert.Contains(why, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnotherDateIsAnotherFile()
    {
        // The 21st of October was a Wednesday in both years.
        await using var server = new BreakingServer(Modified,
            at => Part(at, at, Length, Modified.Replace("2015", "2020", StringComparison.Ordinal)));
        var fault = await Assert.ThrowsAsync<AgentException>(server.ReadAsync);
        Assert.Contains("the file has changed at 2020-10-21", fault.Message, StringComparison.Ordinal);
    }

    private static byte[] File()
    {
        var file = new byte[Length];
        new Random(3).NextBytes(file);
        return file;
    }

    private static string Part(int at, int from, int? length, string version)
        => string.Create(CultureInfo.InvariantCulture, $"HTTP/1.1 206 Partial Content\r\nContent-Length: {Length - at}\r\n")
            + $"Content-Range: bytes {from}-{from + Length - at - 1}/{length?.ToString(CultureInfo.InvariantCulture) ?? "*"}\r\n"
            + (version.Length > 0 ? version + "\r\n" : "") + "\r\n";

    /// <summary>A server that closes the first connection in the middle of the file.</summary>
    private sealed class BreakingServer : IAsyncDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly Task _serving;

        public BreakingServer(string version, Func<int, string> rest)
        {
            _listener.Start();
            _serving = ServeAsync(version, rest);
        }

        /// <summary>The requests' heads.</summary>
        public List<string> Asked { get; } = [];

        public async Task<byte[]> ReadAsync()
        {
            using var http = new HttpClient();
            await using var download = await ResumingDownload.OpenAsync(http, $"http://{_listener.LocalEndpoint}/image", Pause);
            using var all = new MemoryStream();
            await download.CopyToAsync(all, TestContext.Current.CancellationToken);
            return all.ToArray();
        }

        public async ValueTask DisposeAsync()
        {
            _listener.Stop();
            try
            {
                await _serving;
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or IOException)
            {
                // It waited for a request that did not come.
            }

            _listener.Dispose();
        }

        private async Task ServeAsync(string version, Func<int, string> rest)
        {
            var file = File();
            for (var turn = 0; turn < 2; turn++)
            {
                using var client = await _listener.AcceptTcpClientAsync();
                await using var stream = client.GetStream();
                using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
                var head = new StringBuilder();
                while (await reader.ReadLineAsync() is { Length: > 0 } line) head.Append(line).Append('\n');
                Asked.Add(head.ToString());
                var from = turn * (Length / 2);
                var answer = turn == 0
                    ? $"HTTP/1.1 200 OK\r\nContent-Length: {Length}\r\n{(version.Length > 0 ? version + "\r\n" : "")}\r\n" : rest(from);
                await stream.WriteAsync(Encoding.ASCII.GetBytes(answer));
                await stream.WriteAsync(file.AsMemory(from, Length / 2));
            }
        }
    }
}
