using System.Net;
using System.Net.Sockets;
using System.Text;
using Anvil.Contracts.Catalog;
using Anvil.Edge.BootHttp;
using Microsoft.Extensions.DependencyInjection;

namespace Anvil.Silo.Tests.Hostile;

/// <summary>Large rendered files are held in memory for clients that do not read: each source has its share, for its time.</summary>
public sealed class RenderedMemoryTests(RenderedMemoryTests.Bounded silo) : IClassFixture<RenderedMemoryTests.Bounded>
{
    private const int Most = 32 << 20;

    /// <summary>More than a socket's buffers take.</summary>
    private const int Length = 7_000_000;

    /// <summary>More than hold something and stand in line together.</summary>
    private const int Connections = 60;

    private static readonly TimeSpan Soon = TimeSpan.FromMinutes(2);

    private RenderedMemory Memory => silo.Service<RenderedMemory>();

    [Fact]
    public async Task WhoReadsNothingHasHalfForItsTimeAndOthersGoOn()
    {
        await EnvironmentAsync();
        var deaf = new List<Socket>();
        try
        {
            for (var i = 0; i < Connections; i++) deaf.Add(await AskAsync("127.0.0.21", "big.cfg"));
            await Wait.UntilAsync(() => Task.FromResult(Memory.Budget.Taken == 2 * Length), Soon,
                () => $"{Memory.Budget.Taken} are taken");
            // Who came when the line was full is told at once, and nothing is held for it.
            await Wait.UntilAsync(() => Task.FromResult(deaf.Exists(s => s.Available > 0
                && Beginning(s).Contains(" 503 ", StringComparison.Ordinal))), Soon, () => "nobody is refused");
            Assert.InRange(Memory.Budget.Taken, Length, Most / 2);
            using var other = From("127.0.0.22");
            Assert.Equal("small", await other.GetStringAsync("small.cfg"));
            Assert.Equal(Length, (await other.GetByteArrayAsync("big.cfg")).Length);
            await Wait.UntilAsync(() => Task.FromResult(Memory.Budget.Taken <= Most / 2), Soon, () => "what was sent is held");
            using var range = new HttpRequestMessage(HttpMethod.Get, "big.cfg");
            range.Headers.Range = new System.Net.Http.Headers.RangeHeaderValue(10, 99);
            using var part = await other.SendAsync(range);
            Assert.Equal((HttpStatusCode.PartialContent, new string('x', 90)), (part.StatusCode, await part.Content.ReadAsStringAsync()));
        }
        finally
        {
            deaf.ForEach(s => s.Dispose());
        }

        // Nobody closes this one: its time ends.
        await Wait.UntilAsync(() => Task.FromResult(Memory.Budget.Taken == 0), Soon, () => $"{Memory.Budget.Taken} octets are taken");
        using var left = await AskAsync("127.0.0.23", "big.cfg");
        await Wait.UntilAsync(() => Task.FromResult(Memory.Budget.Taken == Length), Soon, () => "it holds nothing");
        await Wait.UntilAsync(() => Task.FromResult(Memory.Budget.Taken == 0), Soon, () => "who reads nothing holds it for ever");
    }

    [Fact]
    public async Task TransfersHaveTheSameShare()
    {
        await EnvironmentAsync();
        var sockets = new List<Socket>();
        try
        {
            for (var i = 0; i < Connections; i++)
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
                sockets.Add(socket);
                socket.Bind(new IPEndPoint(IPAddress.Parse("127.0.0.24"), 0));
                await socket.SendToAsync(Encoding.ASCII.GetBytes("\0\u0001big.cfg\0octet\0"),
                    new IPEndPoint(IPAddress.Loopback, silo.TftpPort));
            }

            // Each is answered: two with the first block, the others that the memory is taken.
            await Wait.UntilAsync(() => Task.FromResult(sockets.TrueForAll(s => s.Available > 0)), Soon,
                () => $"{sockets.Count(s => s.Available > 0)} are answered");
            Assert.InRange(Memory.Budget.Taken, 0, Most / 2);
            var answers = sockets.Select(s =>
            {
                var buffer = new byte[600];
                return (Length: s.Receive(buffer), Text: Encoding.ASCII.GetString(buffer));
            }).ToList();
            Assert.Contains(answers, a => a.Length == 516);
            Assert.Contains(answers, a => a.Text.Contains("busy: the memory for large boot files is taken", StringComparison.Ordinal));
            using var other = From("127.0.0.25");
            Assert.Equal(Length, (await other.GetByteArrayAsync("big.cfg")).Length);
        }
        finally
        {
            sockets.ForEach(s => s.Dispose());
        }
    }

    private static string Beginning(Socket socket)
    {
        var buffer = new byte[64];
        return Encoding.ASCII.GetString(buffer, 0, socket.Receive(buffer, SocketFlags.Peek));
    }

    /// <summary>Files that any address may have.</summary>
    private async Task EnvironmentAsync()
    {
        var name = $"large-{Guid.NewGuid():N}"[..20];
        await silo.OkAsync("POST", "bootenvs", $$$"""
            {"Name":"{{{name}}}","OnlyUnknown":true,"Templates":[{"Name":"small","Path":"small.cfg","Contents":"{{print `small`}}"},
              {"Name":"big","Path":"big.cfg","Contents":"{{ range until 7 }}{{ repeat 1000000 `x` }}{{ end }}"}]}
            """);
        await silo.OkAsync("POST", "prefs", $$"""{"unknownBootEnv":"{{name}}"}""");
        var catalog = silo.Service<ICatalog>();
        await Wait.UntilAsync(() => Task.FromResult(catalog.Current.Prefs["unknownBootEnv"] == name
            && catalog.Current.BootEnvs.ContainsKey(name)), Soon, () => "the edge does not see the boot environment");
    }

    /// <summary>Asks, and reads nothing.</summary>
    private async Task<Socket> AskAsync(string from, string path)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
        await socket.ConnectAsync(IPAddress.Loopback, silo.FilePort);
        await socket.SendAsync(Encoding.ASCII.GetBytes($"GET /{path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"));
        return socket;
    }

    private HttpClient From(string address)
    {
        var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (context, cancellation) =>
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                socket.Bind(new IPEndPoint(IPAddress.Parse(address), 0));
                await socket.ConnectAsync(IPAddress.Loopback, context.DnsEndPoint.Port, cancellation);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        return new HttpClient(handler) { BaseAddress = new Uri($"http://127.0.0.1:{silo.FilePort}/") };
    }

    /// <summary>A silo with little memory for rendered files.</summary>
    public sealed class Bounded : SiloFixture
    {
        protected override Task StartAsync()
            => AddAsync($"--Edge:ApiPort={ApiPort}", $"--Edge:FilePort={FilePort}", $"--Edge:TftpPort={TftpPort}");

        protected override void Change(IServiceCollection services)
            => services.AddSingleton(s => new RenderedMemory(Most, s.GetRequiredService<TimeProvider>())
            {
                HttpRate = 1 << 20,
                TftpRate = 1 << 20,
                Grace = TimeSpan.FromSeconds(4),
            });
    }
}
