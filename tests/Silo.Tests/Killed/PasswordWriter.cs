using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace Anvil.Silo.Tests.Killed;

/// <summary>
/// Sets a user's password to one after the other: the last one that was confirmed is good, or the one under way, and no other.
/// </summary>
internal sealed class PasswordWriter(KillRun run) : IKillWriter
{
    private const string User = "killed-password";
    private int _good = -1;
    private int? _pending;
    private int _told;

    /// <inheritdoc/>
    public string Kind => "passwords";

    /// <inheritdoc/>
    public int Confirmed { get; private set; }

    /// <inheritdoc/>
    public string UnderWay => _pending is null ? "" : $"{Kind} {(_pending == 0 ? "user" : "set")}";

    /// <inheritdoc/>
    public async Task StepAsync()
    {
        _pending = _good + 1;
        var answer = _pending == 0 ? await run.AskAsync("POST", "users", $$"""{"Name":"{{User}}"}""")
            : await run.AskAsync("PUT", $"users/{User}/password", $$"""{"Password":"{{Password(_pending.Value)}}"}""");
        if (answer is not var (status, body)) return;
        Assert.True(status is 200 or 201, $"{UnderWay}: {status} {body?.ToJsonString()}");
        Done();
        Confirmed++;
        run.Confirmed();
    }

    /// <inheritdoc/>
    public async Task CheckAsync()
    {
        if (_pending == 0 && await run.ReadAsync($"users/{User}") is not null) Done();
        else if (_pending > 0 && await IsGoodAsync(_pending.Value)) Done();
        _pending = null;
        if (_good < 0) return;
        if (_good > 0)
        {
            Assert.True(await IsGoodAsync(_good), $"password {_good} was confirmed, and is refused");
            Assert.False(await IsGoodAsync(_good - 1), $"password {_good - 1} is good still");
        }

        Assert.Equal(["create", .. Enumerable.Repeat("update", _told - 1)], run.Told("users", User));
    }

    private void Done()
    {
        (_good, _pending) = (_pending!.Value, null);
        _told++;
    }

    private async Task<bool> IsGoodAsync(int number)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"users/{User}");
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic",
            Convert.ToBase64String(Encoding.UTF8.GetBytes($"{User}:{Password(number)}")));
        using var answer = await run.Silo.Http.SendAsync(request);
        Assert.True(answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.Forbidden, $"{answer.StatusCode}");
        return answer.StatusCode == HttpStatusCode.OK;
    }

    private static string Password(int number) => $"secret {number}";
}
