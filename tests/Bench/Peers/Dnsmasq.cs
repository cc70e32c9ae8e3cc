namespace Anvil.Bench.Peers;

/// <summary>dnsmasq as a DHCP server: without its ping, its lease file on disk.</summary>
internal sealed class Dnsmasq(NetworkNamespace host, string folder) : Service(host, folder, "dnsmasq")
{
    private readonly string _program = PeerPrograms.Find("dnsmasq", "dnsmasq-base");

    /// <inheritdoc/>
    protected override IReadOnlyList<string> Command() =>
    [
        _program, "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--user=root", "--no-ping", "--quiet-dhcp",
        "--dhcp-authoritative",
        $"--dhcp-leasefile={Path.Combine(Folder, "leases")}", "--dhcp-lease-max=1000000", "--log-facility=-",
        $"--pid-file={Path.Combine(Folder, "pid")}",
        $"--dhcp-range={Link.PoolFirst},{Link.PoolLast},255.240.0.0,4000",
    ];

    /// <inheritdoc/>
    protected override Task<bool> IsReadyAsync(CancellationToken cancellation) => Task.FromResult(ListensOnUdp(67));
}
