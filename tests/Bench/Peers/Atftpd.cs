namespace Anvil.Bench.Peers;

/// <summary>atftpd, which takes windowsize.</summary>
internal sealed class Atftpd(NetworkNamespace host, string folder, string files) : Service(host, folder, "atftpd")
{
    private readonly string _program = PeerPrograms.Find("atftpd", "atftpd");

    /// <inheritdoc/>
    protected override IReadOnlyList<string> Command() =>
    [
        _program, "--daemon", "--no-fork", "--user", "root.root", "--bind-address", Link.ServerAddress, "--maxthread", "1000",
        "--verbose=1",
        "--logfile", "/dev/null", files,
    ];

    /// <inheritdoc/>
    protected override Task<bool> IsReadyAsync(CancellationToken cancellation) => Task.FromResult(ListensOnUdp(69));
}
