using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Network;
using Anvil.Silo;
using Microsoft.AspNetCore.Builder;

namespace Anvil.Bench.Cases;

/// <summary>A silo in this process, on SQLite in a folder of its own, that holds a number of reservations and subnets.</summary>
internal sealed class BenchSilo : IAsyncDisposable
{
    private const string Password = "bench-password";
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("anvil-bench-");
    private readonly HttpClient _http = new();
    private WebApplication? _silo;

    /// <summary>Services of the silo.</summary>
    public IServiceProvider Services => _silo!.Services;

    /// <summary>Fills a database and starts a silo upon it.</summary>
    public static async Task<BenchSilo> StartAsync(int reservations, int subnets)
    {
        var bench = new BenchSilo();
        await CatalogFile.MakeAsync(bench._folder.FullName, Documents(reservations, subnets), CancellationToken.None);
        var port = FreePort();
        bench._silo = await SiloHost.BuildAsync([
            $"--Silo:DataFolder={bench._folder.FullName}", "--Silo:ApiAddress=127.0.0.1", $"--Silo:SiloPort={FreePort()}",
            $"--Silo:AdminPassword={Password}", "--Silo:PlainApi:0=loopback",
            $"--Edge:ApiPort={port}", "--Edge:FilePort=0", "--Edge:TftpPort=0", "--Serilog:MinimumLevel:Default=Warning"]);
        await bench._silo.StartAsync();
        bench._http.BaseAddress = new Uri($"http://127.0.0.1:{port}/api/v3/");
        bench._http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic",
            Convert.ToBase64String(Encoding.UTF8.GetBytes($"rocketskates:{Password}")));
        using var token = await bench._http.GetAsync(new Uri("users/rocketskates/token?ttl=3600", UriKind.Relative));
        var text = await token.Content.ReadAsStringAsync();
        if (!token.IsSuccessStatusCode) throw new InvalidOperationException($"no token: {text}");
        // Checking a password is slow on purpose; that is not what is measured.
        bench._http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Json.Read<TokenAnswer>(text).Token);
        return bench;
    }

    /// <summary>Calls the API, and how long it took.</summary>
    public async Task<TimeSpan> CallAsync(string method, string path, string body)
    {
        var began = Stopwatch.GetTimestamp();
        using var request =
            new HttpRequestMessage(new HttpMethod(method), path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        using var response = await _http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        var took = Stopwatch.GetElapsedTime(began);
        return response.IsSuccessStatusCode ? took
            : throw new InvalidOperationException($"{method} {path}: {(int)response.StatusCode} {text}");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        if (_silo is not null)
        {
            await _silo.StopAsync();
            await _silo.DisposeAsync();
        }

        _folder.Delete(recursive: true);
    }

    /// <summary>Subnets of /24 in 10/8 and reservations one after the other in 172.16/12.</summary>
    private static IEnumerable<Document> Documents(int reservations, int subnets)
    {
        for (var i = 0; i < subnets; i++)
        {
            yield return new Subnet
            {
                Name = $"n{i}",
                Network = $"10.{i / 256}.{i % 256}.0/24",
                Enabled = true,
                OnlyReservations = true,
                Strategy = "MAC",
                ActiveLeaseTime = 600,
                ReservedLeaseTime = 7200,
                Pickers = ["none"]
            };
        }

        for (var i = 0; i < reservations; i++)
            yield return new Reservation
            {
                Addr = IPv4.Format(0xAC100001u + (uint)i),
                Token = MacAddress.Format([2, 0, 0, (byte)(i >> 16), (byte)(i >> 8), (byte)i]),
                Strategy = "MAC"
            };
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private sealed record TokenAnswer(string Token);
}
