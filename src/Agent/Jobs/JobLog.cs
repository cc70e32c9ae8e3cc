using System.Text;

namespace Anvil.Agent.Jobs;

/// <summary>A job's log: shown on the consoles at once, and sent to the API each second or each 64 KiB.</summary>
public sealed class JobLog : IAsyncDisposable
{
    private const int Enough = 64 << 10;
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);
    private readonly ApiClient _api;
    private readonly string _job;
    private readonly Terminal _terminal;
    private readonly CancellationTokenSource _ending = new();
    private readonly Lock _writing = new();
    private readonly StringBuilder _pending = new();
    private readonly Task _sender;

    /// <summary>Starts the log of a job.</summary>
    public JobLog(ApiClient api, string job, Terminal terminal)
    {
        (_api, _job, _terminal) = (api, job, terminal);
        _sender = SendAsync();
    }

    /// <summary>Adds text.</summary>
    public void Write(string text)
    {
        lock (_writing) _pending.Append(text);
        foreach (var line in text.TrimEnd('\n').Split('\n')) _terminal.Say("  " + line);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _sender;
        await FlushAsync();
        _ending.Dispose();
    }

    private async Task SendAsync()
    {
        while (!_ending.IsCancellationRequested)
        {
            await Task.Delay(Period, _ending.Token).ContinueWith(_ => { }, TaskScheduler.Default);
            await FlushAsync();
        }
    }

    private async Task FlushAsync()
    {
        while (true)
        {
            string text;
            lock (_writing)
            {
                text = _pending.ToString(0, Math.Min(Enough, _pending.Length));
                _pending.Remove(0, text.Length);
            }

            if (text.Length == 0) return;
            await _api.LogAsync(_job, Encoding.UTF8.GetBytes(text));
        }
    }
}
