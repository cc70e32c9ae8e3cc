using System.Diagnostics;
using System.Globalization;
using Anvil.Lab;

namespace Anvil.Lab.Tests;

/// <summary>
/// systemd-networkd on a peer, without systemd: with a /run of its own, and a /sys that it cannot write to, so that it waits for no udev.
/// Disposed, it is killed.
/// </summary>
internal sealed class Networkd : IDisposable
{
    private readonly Process _process;
    private readonly string _log;

    public Networkd(Laboratory lab, LabPeer peer)
    {
        _log = Path.Combine(lab.Folder, peer.Namespace + ".networkd.log");
        var script = LabContent.Script(lab, peer.Namespace + ".networkd",
            """
            #!/bin/sh
            mount -t tmpfs none /run
            mkdir -p /run/systemd/network /run/systemd/netif/links /run/systemd/netif/leases /run/systemd/netif/lldp
            cat > /run/systemd/network/10.network <<'N'
            [Match]
            Name=eth0
            [Network]
            DHCP=ipv4
            LinkLocalAddressing=no
            IPv6AcceptRA=no
            [DHCPv4]
            ClientIdentifier=mac
            SendRelease=yes
            N
            mount -o remount,ro,bind /sys
            SYSTEMD_LOG_LEVEL=debug SYSTEMD_LOG_TARGET=console exec /lib/systemd/systemd-networkd
            """);
        _process = peer.Start(script);
        Commands.LogTo(_process, _log);
    }

    /// <summary>Waits until its log has a text.</summary>
    public Task SaysAsync(string text)
        => Wait.UntilAsync(() => Task.FromResult(Log().Contains(text, StringComparison.Ordinal)), Deadline.Soon,
            () => $"networkd did not say \"{text}\", but …{Log()[Math.Max(0, Log().Length - 2000)..]}");

    /// <summary>Lets it end, which gives its lease back.</summary>
    public void Release() => Commands.Run("kill", "-TERM", _process.Id.ToString(CultureInfo.InvariantCulture));

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }

    private string Log()
    {
        if (!File.Exists(_log)) return "";
        using var reader = new StreamReader(new FileStream(_log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return reader.ReadToEnd();
    }
}
