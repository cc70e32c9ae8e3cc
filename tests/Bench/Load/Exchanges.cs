namespace Anvil.Bench.Load;

/// <summary>One run of exchanges against one server: the highest rate, each try with clients that were never there.</summary>
internal sealed class Exchanges(Link link, double seconds, bool isFirmware = false)
{
    // Beyond those that are defined as machines.
    private const ulong FirstStranger = PerfDhcp.FirstMac + 0x40_00_00_00;
    private readonly PerfDhcp _perf = new(link);
    private ulong _next = FirstStranger;

    /// <summary>Searches the highest rate of a server that serves.</summary>
    public Task<PerfResult> HighestAsync(Service server, RateSearch search, CancellationToken cancellation)
        => search.RunAsync(rate => AtAsync(server, rate, false, cancellation));

    /// <summary>One run with strangers.</summary>
    public async Task<PerfResult> AtAsync(Service server, int rate, bool withDelays, CancellationToken cancellation)
    {
        var clients = (int)(rate * seconds) + 1;
        var first = _next;
        // perfdhcp adds a client's number octet by octet, without carry: from another beginning it would count to clients that were there.
        _next += 1UL << 24;
        return await _perf.RunAsync(server, rate, seconds, first, clients, isFirmware, withDelays, cancellation);
    }

    /// <summary>A few exchanges, so that no server is measured on its first packet.</summary>
    public Task WarmAsync(Service server, CancellationToken cancellation) => AtAsync(server, 300, false, cancellation);
}
