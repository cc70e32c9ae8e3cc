using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Anvil.Silo.Tests;

/// <summary>A whole silo on loopback, on ports and data of its own.</summary>
public sealed class SiloFixture : IAsyncLifetime
{
    public const string Password = "the-first-password";
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("anvil-silo-");
    private WebApplication? _app;

    public int ApiPort { get; } = FreePort();

    public int FilePort { get; } = FreePort();

    public int TftpPort { get; } = FreePort();

    public string Files => Path.Combine(_folder.FullName, "files");

    public HttpClient Http { get; private set; } = new();

    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(Files);
        _app = await SiloHost.BuildAsync([
            $"--Silo:DataFolder={_folder.FullName}", "--Silo:ApiAddress=127.0.0.1", $"--Silo:SiloPort={FreePort()}", $"--Silo:AdminPassword={Password}",
            $"--Edge:ApiPort={ApiPort}", $"--Edge:FilePort={FilePort}", $"--Edge:TftpPort={TftpPort}", $"--Edge:FileRoot={Files}",
        ]);
        await _app.StartAsync();
        Http = Client("rocketskates", Password);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        if (_app is not null)
        {
            await _app.StopAsync();
            await _app.DisposeAsync();
        }

        _folder.Delete(recursive: true);
    }

    /// <summary>A service of the silo.</summary>
    public T Service<T>()
        where T : notnull
        => _app!.Services.GetRequiredService<T>();

    /// <summary>A client with a user's name and password.</summary>
    public HttpClient Client(string user, string password)
    {
        var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{ApiPort}/api/v3/") };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}")));
        return http;
    }

    /// <summary>A client with a token.</summary>
    public HttpClient Client(string token)
    {
        var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{ApiPort}/api/v3/") };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return http;
    }

    /// <summary>Calls the API; the status and the JSON that came.</summary>
    public async Task<(HttpStatusCode Status, JsonNode? Body)> CallAsync(string method, string path, string? body = null, HttpClient? client = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await (client ?? Http).SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        return (response.StatusCode, text.Length == 0 ? null : JsonNode.Parse(text));
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
