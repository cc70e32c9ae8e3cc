namespace Anvil.Bench.Load;

/// <summary>One run of exchanges against one server: the highest rate, each try with clients that were never there.</summary>
internal sealed class Exchanges(Link link, double seconds, bool isFirmware = false)
{
    // Beyond those that are defined as machines.
    private const ulong FirstStranger = PerfDhcp.FirstMac + 0x40_00_00_00;
    private static readonly TimeSpan OffersEnd = TimeSpan.FromSeconds(11);
    private readonly PerfDhcp _perf = new(link);
    private ulong _next = FirstStranger;

    /// <summary>Searches the highest rate of a server that serves.</summary>
    public Task<PerfResult> HighestAsync(Service server, RateSearch search, CancellationToken cancellation)
        => search.RunAsync(async rate =>
        {
            var result = await AtAsync(server, rate, false, cancellation);
            // What was offered and not taken is held for 10 s, and bounds what strangers are offered: a try that failed is no part of the
            // next.
            if (!result.IsGood && server is SiloService) await Task.Delay(OffersEnd, cancellation);
            return result;
        });

    /// <summary>One run with strangers.</summary>
    public Task<PerfResult> AtAsync(Service server, int rate, bool withDelays, CancellationToken cancellation)
        => _perf.RunAsync(server, rate, seconds, Next(), (int)(rate * seconds) + 1, isFirmware, withDelays, cancellation);

    /// <summary>Exchanges that nobody counts: what is compiled and opened at the first packets is no part of the path.</summary>
    public async Task WarmAsync(Service server, CancellationToken cancellation)
    {
        var (rate, time) = server is Dnsmasq ? (100, 2) : (500, 3);
        await WarmUp.RunAsync(server, () => _perf.RunAsync(server, rate, time, Next(), rate * time, isFirmware, false, cancellation));
    }

    private ulong Next()
    {
        // perfdhcp adds a client's number octet by octet, without carry: from another beginning it would count to clients that were there.
        var first = _next;
        _next += 1UL << 24;
        return first;
    }
}
