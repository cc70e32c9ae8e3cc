using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Anvil.Lab;

/// <summary>The Machines API over the silo's Unix socket, as the lab's user.</summary>
public sealed class LabApi : IDisposable
{
    private readonly HttpClient _http;

    /// <summary>A client.</summary>
    /// <param name="sockets">Sockets of the servers, tried in turn.</param>
    public LabApi(params string[] sockets)
    {
        _http = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellation) =>
            {
                for (var i = 0; ; i++)
                {
                    var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                    try
                    {
                        await connection.ConnectAsync(new UnixDomainSocketEndPoint(sockets[i]), cancellation);
                        return new NetworkStream(connection, ownsSocket: true);
                    }
                    catch (SocketException) when (i < sockets.Length - 1)
                    {
                        connection.Dispose();
                    }
                    catch
                    {
                        connection.Dispose();
                        throw;
                    }
                }
            },
        })
        { BaseAddress = new Uri("http://anvil/"), Timeout = TimeSpan.FromMinutes(2) };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic",
            Convert.ToBase64String(Encoding.UTF8.GetBytes($"rocketskates:{SiloProcess.Password}")));
    }

    /// <summary>True once the silo says that it is ready.</summary>
    public async Task<bool> IsReadyAsync()
    {
        try
        {
            using var response = await _http.GetAsync("readyz");
            return response.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            return false;
        }
    }

    /// <summary>Reads an object; null when it is not there. Asked once more where no answer came: the machine may have stood
    /// still.</summary>
    public async Task<JsonNode?> GetAsync(string path)
    {
        using var response = await AnswerAsync("api/v3/" + path);
        if (response.StatusCode == HttpStatusCode.NotFound) return null;
        return await ReadAsync(response, path);
    }

    private async Task<HttpResponseMessage> AnswerAsync(string path)
    {
        try
        {
            return await _http.GetAsync(path);
        }
        catch (TaskCanceledException e) when (e.InnerException is TimeoutException)
        {
            return await _http.GetAsync(path);
        }
    }

    /// <summary>Reads text.</summary>
    public Task<string> GetTextAsync(string path) => _http.GetStringAsync("api/v3/" + path);

    /// <summary>Posts an object.</summary>
    public async Task<JsonNode> PostAsync(string path, JsonNode body)
    {
        using var response = await _http.PostAsync("api/v3/" + path, Content(body));
        return await ReadAsync(response, path);
    }

    /// <summary>Sets one field of an object.</summary>
    public Task<JsonNode> SetAsync(string path, string pointer, JsonNode? value)
        => PatchAsync(path, new JsonArray(new JsonObject { ["op"] = "add", ["path"] = pointer, ["value"] = value }));

    /// <summary>Patches an object.</summary>
    public async Task<JsonNode> PatchAsync(string path, JsonArray patch)
    {
        using var response = await _http.PatchAsync("api/v3/" + path, Content(patch));
        return await ReadAsync(response, path);
    }

    /// <summary>Deletes an object.</summary>
    public async Task DeleteAsync(string path)
    {
        using var response = await _http.DeleteAsync("api/v3/" + path);
        await ReadAsync(response, path);
    }

    /// <summary>The machine with a MAC address; null when there is none.</summary>
    public async Task<JsonNode?> MachineOfAsync(string mac) => await GetAsync($"machines/{mac}");

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private static StringContent Content(JsonNode body) => new(body.ToJsonString(), Encoding.UTF8, "application/json");

    private static async Task<JsonNode> ReadAsync(HttpResponseMessage response, string path)
    {
        var text = await response.Content.ReadAsStringAsync();
        if (!response.IsSuccessStatusCode)
            throw new SetupException($"{response.RequestMessage?.Method} {path}: {(int)response.StatusCode} {text}");
        return JsonNode.Parse(text)!;
    }
}
