using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace Anvil.Agent;

/// <summary>An answer of the API: its status, its body as JSON (null where there is none), its revision.</summary>
public sealed record ApiAnswer(HttpStatusCode Status, JsonNode? Body, string? Revision)
{
    /// <summary>True for a status of 2xx.</summary>
    public bool IsOk => (int)Status is >= 200 and < 300;

    /// <summary>What the API says is wrong.</summary>
    public string Problem
        => Body is JsonObject o && o["Messages"] is JsonArray messages
            ? string.Join("; ", messages.Select(m => m?.ToString())) : $"HTTP {(int)Status}";
}

/// <summary>
/// The Machines API as the agent calls it. A server that is away is asked again until it is back; a token that is no longer
/// good is replaced by the one that the boot server gives now.
/// </summary>
public sealed class ApiClient : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(90) };
    private readonly Func<Task<AgentConfig>>? _renew;
    private readonly Action<string> _say;
    private string _untaken = "";

    /// <summary>A client.</summary>
    /// <param name="config">Where and who.</param>
    /// <param name="renew">Reads the configuration again; null: errors of the token are final.</param>
    /// <param name="say">Told what is waited for.</param>
    public ApiClient(AgentConfig config, Func<Task<AgentConfig>>? renew, Action<string> say)
    {
        Config = config;
        _renew = renew;
        _say = say;
    }

    /// <summary>Where and who.</summary>
    public AgentConfig Config { get; private set; }

    /// <summary>Calls the API; comes back only with an answer.</summary>
    public async Task<ApiAnswer> CallAsync(HttpMethod method, string path, JsonNode? body = null, string? waitForOtherThan = null)
    {
        var renewed = false;
        while (true)
        {
            try
            {
                using var request = new HttpRequestMessage(method, $"{Config.Api}/api/v3/{path}");
                if (body is not null) request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
                if (waitForOtherThan is not null)
                {
                    request.Headers.TryAddWithoutValidation("If-None-Match", waitForOtherThan);
                    request.Headers.TryAddWithoutValidation("Prefer", "wait=30");
                }

                var answer = await SendAsync(request);
                if (answer.Status is HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized && _renew is not null && !renewed)
                {
                    Config = await _renew();
                    renewed = true;
                    continue;
                }

                if ((int)answer.Status < 500) return answer;
                _say($"the API answers {(int)answer.Status} ({answer.Problem}); asks again");
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException or IOException)
            {
                _say($"waits for the API at {Config.Api} ({e.GetBaseException().Message})");
            }

            await Task.Delay(Pause);
        }
    }

    /// <summary>Appends to a job's log; comes back when it is stored.</summary>
    public async Task LogAsync(string job, byte[] text)
    {
        while (true)
        {
            try
            {
                using var request =
                    new HttpRequestMessage(HttpMethod.Put, $"{Config.Api}/api/v3/jobs/{job}/log") { Content = new ByteArrayContent(text) };
                request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
                var answer = await SendAsync(request);
                if ((int)answer.Status < 500 || answer.Status == HttpStatusCode.InsufficientStorage)
                {
                    if ((int)answer.Status >= 400 && _untaken != job)
                    {
                        _untaken = job;
                        _say($"not all of the log of job {job} is taken: {answer.Problem}");
                    }

                    return;
                }

            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException or IOException)
            {
                _say($"waits for the API at {Config.Api} to take the job's log");
            }

            await Task.Delay(Pause);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private async Task<ApiAnswer> SendAsync(HttpRequestMessage request)
    {
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Config.Token);
        using var response = await _http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        JsonNode? body = null;
        if (text.Length > 0 && response.Content.Headers.ContentType?.MediaType == "application/json") body = JsonNode.Parse(text);
        return new ApiAnswer(response.StatusCode, body, response.Headers.ETag?.Tag);
    }
}
