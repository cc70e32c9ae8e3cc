namespace Anvil.Bench.Peers;

/// <summary>tftpd-hpa; it takes no windowsize.</summary>
internal sealed class TftpdHpa(NetworkNamespace host, string folder, string files) : Service(host, folder, "tftpd-hpa")
{
    private readonly string _program = PeerPrograms.Find("in.tftpd", "tftpd-hpa");

    private SampledCpu? _cpu;

    /// <summary>A child of it serves each transfer, and it waits for none.</summary>
    public override double CpuSeconds => (_cpu ??= new SampledCpu(Tree)).Seconds();

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        _cpu?.Dispose();
        return base.DisposeAsync();
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<string> Command()
        => [_program, "--foreground", "--user", "root", "--address", $"{Link.ServerAddress}:69", "--secure", files];

    /// <inheritdoc/>
    protected override Task<bool> IsReadyAsync(CancellationToken cancellation) => Task.FromResult(ListensOnUdp(69));
}
