using System.Globalization;

namespace Anvil.Silo.Tests.Killed;

/// <summary>Sets a preference to one number after the other.</summary>
internal sealed class PrefWriter(KillRun run) : IKillWriter
{
    private const string Pref = "deadlineInstalling";
    private int _value;
    private int _pending;

    /// <inheritdoc/>
    public string Kind => "prefs";

    /// <inheritdoc/>
    public int Confirmed { get; private set; }

    /// <inheritdoc/>
    public string UnderWay => _pending > 0 ? Kind : "";

    /// <inheritdoc/>
    public async Task StepAsync()
    {
        _pending = Math.Max(10_000, _value) + 1;
        if (await run.AskAsync("POST", "prefs", $$"""{"{{Pref}}":"{{_pending}}"}""") is not var (status, body)) return;
        Assert.True(status == 201, $"prefs: {status} {body?.ToJsonString()}");
        (_value, _pending) = (_pending, 0);
        Confirmed++;
        run.Confirmed();
    }

    /// <inheritdoc/>
    public async Task CheckAsync()
    {
        var shown = int.Parse((await run.ReadAsync("prefs"))![Pref]?.ToString() ?? "0", CultureInfo.InvariantCulture);
        if (_value == 0 && _pending == 0) return;
        if (shown == _pending) _value = shown;
        else if (_value > 0) Assert.Equal(_value, shown);
        _pending = 0;
        // Its numbers go up by one: so many writes there were.
        Assert.Equal(Math.Max(0, _value - 10_000), run.Told("prefs", Pref).Count);
    }
}
