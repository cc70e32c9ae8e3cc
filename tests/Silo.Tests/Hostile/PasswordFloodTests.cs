using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Anvil.Objects.Access;

namespace Anvil.Silo.Tests.Hostile;

/// <summary>A hundred connections with wrong passwords, and everybody else beside them.</summary>
public sealed class PasswordFloodTests(SingleSilo silo) : IClassFixture<SingleSilo>
{
    private const int Connections = 100;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    [Fact]
    public async Task WhoHasATokenOrIsAMachineDoesNotWaitForPasswords()
    {
        var file = $"flood-{Guid.NewGuid():N}.bin";
        await File.WriteAllBytesAsync(Path.Combine(silo.Files, file), new byte[100_000]);
        await silo.CallAsync("POST", "users", """{"Name":"honest","Roles":["superuser"]}""");
        await silo.CallAsync("PUT", "users/honest/password", """{"Password":"right"}""");
        using var token = silo.Client((await silo.CallAsync("GET", "users/rocketskates/token?ttl=600")).Body!["Token"]!.ToString());
        using var anybody = new HttpClient();
        using var ending = new CancellationTokenSource();
        var answers = new ConcurrentDictionary<HttpStatusCode, int>();
        var flood = Enumerable.Range(0, Connections).Select(i => FloodAsync(i, answers, ending.Token)).ToList();
        try
        {
            await Wait.UntilAsync(() => Task.FromResult(answers.ContainsKey(HttpStatusCode.TooManyRequests)), Patience,
                () => "nobody is told that there are too many");
            for (var round = 0; round < 20; round++)
            {
                async Task SayAsync(string what, Task<HttpResponseMessage> asked)
                {
                    using var answer = await asked.WaitAsync(Patience);
                    Assert.True(answer.StatusCode == HttpStatusCode.OK, $"{what} in round {round}: {answer.StatusCode}");
                }

                await SayAsync("health", anybody.GetAsync($"http://127.0.0.1:{silo.ApiPort}/healthz"));
                await SayAsync("readiness", anybody.GetAsync($"http://127.0.0.1:{silo.ApiPort}/readyz"));
                await SayAsync("a boot file", anybody.GetAsync($"http://127.0.0.1:{silo.FilePort}/{file}"));
                await SayAsync("a token", token.GetAsync("machines?limit=1"));
                // Signed in before, from the very address that the flood comes from.
                await SayAsync("a password that was right", silo.Http.GetAsync("machines?limit=1"));
            }

            // Somebody who was never there, from another address, for a name that the flood tries.
            using var elsewhere = From("127.0.0.2", "honest", "right");
            using var first = await elsewhere.GetAsync("machines?limit=1").WaitAsync(Patience);
            Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        }
        finally
        {
            await ending.CancelAsync();
            await Task.WhenAll(flood);
        }

        Assert.Equal([HttpStatusCode.Forbidden, HttpStatusCode.TooManyRequests], answers.Keys.Order());
        // Passwords are looked at on threads of their own, as many as their memory is bounded by.
        var threads = Directory.GetDirectories("/proc/self/task").Count(t => IsPasswords(Path.Combine(t, "comm")));
        Assert.InRange(threads, 1, PasswordDesk.Threads * 16);
        using var honest = silo.Client("honest", "right");
        await Wait.UntilAsync(async () => (await silo.CallAsync("GET", "machines?limit=1", client: honest)).Status == HttpStatusCode.OK,
            Patience, () => "after the flood its address is still kept out");
    }

    [Fact]
    public async Task TheDashboardAsksAtTheSameDesk()
    {
        using var http = new HttpClient();
        var seen = new HashSet<HttpStatusCode>();
        await Wait.UntilAsync(async () =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{silo.ApiPort}/dashboard/");
            request.Headers.Authorization = Basic("somebody-at-the-dashboard", $"wrong-{Guid.NewGuid()}");
            using var response = await http.SendAsync(request);
            seen.Add(response.StatusCode);
            if (response.StatusCode == HttpStatusCode.TooManyRequests) Assert.NotNull(response.Headers.RetryAfter?.Delta);
            return seen.Count > 1;
        }, Patience, () => $"the dashboard says {string.Join(',', seen)} only");

        Assert.Equal([HttpStatusCode.Unauthorized, HttpStatusCode.TooManyRequests], seen.Order());
    }

    private static bool IsPasswords(string comm)
    {
        try
        {
            return File.ReadAllText(comm).Trim() == "passwords";
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static AuthenticationHeaderValue Basic(string user, string password)
        => new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}")));

    private HttpClient From(string address, string user, string password)
    {
        var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (context, cancellation) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                socket.Bind(new IPEndPoint(IPAddress.Parse(address).MapToIPv6(), 0));
                await socket.ConnectAsync(context.DnsEndPoint, cancellation);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        var http = new HttpClient(handler) { BaseAddress = silo.Http.BaseAddress };
        http.DefaultRequestHeaders.Authorization = Basic(user, password);
        return http;
    }

    private async Task FloodAsync(int connection, ConcurrentDictionary<HttpStatusCode, int> answers, CancellationToken cancellation)
    {
        var names = new[] { "rocketskates", "honest", "nobody", $"nobody-{connection}" };
        using var http = new HttpClient { BaseAddress = silo.Http.BaseAddress };
        for (var i = 0; !cancellation.IsCancellationRequested; i++)
        {
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, "machines");
                request.Headers.Authorization = Basic(names[i % names.Length], $"wrong-{connection}-{i}");
                using var response = await http.SendAsync(request, cancellation);
                answers.AddOrUpdate(response.StatusCode, 1, (_, n) => n + 1);
                // A flood, and yet of the size that it says.
                await Task.Delay(20, cancellation);
            }
            catch (Exception e) when (e is OperationCanceledException or HttpRequestException)
            {
                // It ends.
            }
        }
    }
}
