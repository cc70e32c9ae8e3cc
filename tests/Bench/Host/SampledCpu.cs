namespace Anvil.Bench.Host;

/// <summary>
/// Processor time of a server whose children the kernel reaps unseen (it ignores SIGCHLD), so that nobody's count has them once they have
/// ended: they are looked at while they live. What a child used after the last look is lost, in the server's favour.
/// </summary>
internal sealed class SampledCpu : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);
    private readonly Dictionary<string, double> _last = new(StringComparer.Ordinal);
    private readonly ProcessTree _tree;
    private readonly Timer _timer;

    /// <summary>Looks from now on.</summary>
    public SampledCpu(ProcessTree tree)
    {
        _tree = tree;
        _timer = new Timer(_ => Look(), null, Interval, Interval);
    }

    /// <summary>Looks now; the time of all that were ever seen, in seconds.</summary>
    public double Seconds()
    {
        Look();
        lock (_last) return _last.Values.Sum();
    }

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        lock (_last)
        {
            foreach (var (process, seconds) in _tree.OwnSeconds()) _last[process] = seconds;
        }
    }
}
