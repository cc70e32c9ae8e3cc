using System.Diagnostics;
using System.Globalization;
using Anvil.Lab;

namespace Anvil.Lab.Tests;

/// <summary>dhcpcd on a peer, with files of its own; its script notes why it was called. Disposed, it is killed: nobody is told.</summary>
internal sealed class Dhcpcd : IDisposable
{
    private readonly Process _process;
    private readonly string _script;

    public Dhcpcd(Laboratory lab, LabPeer peer, params string[] arguments)
    {
        _script = LabContent.Script(lab, peer.Namespace + ".dhcpcd",
            "#!/bin/sh\necho \"$reason $new_ip_address router $new_routers\" >> $0.log\nexit 0\n");
        File.WriteAllText(_script + ".log", "");
        _process = peer.Start("sh",
            ["-c", "mkdir -p /var/lib/dhcpcd; mount -t tmpfs none /var/lib/dhcpcd; mount -t tmpfs none /run; exec dhcpcd \"$@\"",
                "dhcpcd", "-4", "-f", "/dev/null", "-t", "60", "-c", _script, .. arguments, "eth0"]);
    }

    /// <summary>Waits until its script was called so: BOUND 10.77.0.100 router 10.77.0.1, RENEW …</summary>
    public Task SaysAsync(string line)
        => Wait.UntilAsync(
            () => Task.FromResult(File.ReadAllLines(_script + ".log").Contains(line, StringComparer.Ordinal)), Deadline.Soon,
            () => $"dhcpcd did not say \"{line}\", but {File.ReadAllText(_script + ".log")}");

    /// <summary>Lets it give its lease back and end (dhcpcd(8): SIGALRM).</summary>
    public void Release() => Commands.Run("kill", "-ALRM", _process.Id.ToString(CultureInfo.InvariantCulture));

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }
}
