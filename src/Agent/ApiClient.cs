using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
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
    private readonly HttpClient _http;
    private readonly Func<Task<AgentConfig>>? _renew;
    private readonly Action<string> _say;
    private string _untaken = "";
    private volatile bool _isAnother;

    /// <summary>A client.</summary>
    /// <param name="config">Where and who.</param>
    /// <param name="renew">Reads the configuration again; null: errors of the token are final.</param>
    /// <param name="say">Told what is waited for.</param>
    public ApiClient(AgentConfig config, Func<Task<AgentConfig>>? renew, Action<string> say)
    {
        Config = config;
        _renew = renew;
        _say = say;
        _http = new HttpClient(new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = IsTheApi } })
        {
            Timeout = TimeSpan.FromSeconds(90),
        };
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
                await KnowAgainAsync();
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
                await KnowAgainAsync();
            }

            await Task.Delay(Pause);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private bool IsTheApi(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (ApiPins.Match(Config.ApiPin, certificate, errors)) return true;
        _isAnother = true;
        return false;
    }

    /// <summary>Another certificate may be in its place by now: the boot server tells by what the API is known.</summary>
    private async Task KnowAgainAsync()
    {
        if (!_isAnother) return;
        _isAnother = false;
        if (_renew is null) throw new AgentException($"what answers at {Config.Api} has another certificate than was told");
        _say($"what answers at {Config.Api} has another certificate than was told; asks the boot server again");
        Config = await _renew();
    }

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
