using System.Diagnostics;

namespace Anvil.Lab.Tests;

/// <summary>dnsmasq as the address server that is already there: it gives addresses, and nothing to boot.</summary>
internal static class Dnsmasq
{
    public static Process Start(LabPeer peer, string range)
        => peer.Start("dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--user=root", "--no-ping",
            "--dhcp-authoritative", "--interface=eth0", "--bind-interfaces",
            $"--dhcp-range={range}", "--dhcp-leasefile=/dev/null", "--pid-file=", "--log-facility=-");
}
