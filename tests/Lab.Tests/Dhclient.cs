using Anvil.Lab;

namespace Anvil.Lab.Tests;

/// <summary>
/// ISC's dhclient on a peer. Its script is one that only sets the address and notes the reason, so that nothing of the host changes.
/// </summary>
internal sealed class Dhclient : IDisposable
{
    private readonly LabPeer _peer;
    private readonly string _files;

    public Dhclient(Laboratory lab, LabPeer peer, string configuration = "")
    {
        (_peer, _files) = (peer, Path.Combine(lab.Folder, peer.Namespace + ".dhclient"));
        File.WriteAllText(_files + ".conf", configuration);
        File.WriteAllText(_files + ".reasons", "");
        File.WriteAllText(Script,
            $"#!/bin/sh\necho \"$reason $new_ip_address\" >> {_files}.reasons\ncase $reason in BOUND|RENEW|REBIND|REBOOT) ip addr "
                + "replace $new_ip_address/24 dev $interface ;; EXPIRE|FAIL|RELEASE|STOP) ip addr flush dev $interface ;; esac\nexit 0\n");
        File.SetUnixFileMode(Script, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private string Script => _files + ".script";

    /// <summary>What its script was called for, with the address: BOUND 10.77.0.100, RENEW …</summary>
    public IReadOnlyList<string> Reasons => File.ReadAllLines(_files + ".reasons");

    /// <summary>Runs it: -1 takes a lease and stays, -r gives the lease back.</summary>
    public Dhclient Run(string mode = "-1")
    {
        _peer.Run("dhclient", mode, "-4", "-sf", Script, "-lf", _files + ".leases", "-pf", _files + ".pid", "-cf", _files + ".conf",
            "eth0");
        return this;
    }

    /// <summary>Kills it: nobody is told.</summary>
    public Dhclient Vanish()
    {
        Commands.Run("kill", "-9", File.ReadAllText(_files + ".pid").Trim());
        File.Delete(_files + ".pid");
        return this;
    }

    /// <summary>Waits for a reason.</summary>
    public Task<string> ReasonAsync(string beginning, TimeSpan deadline, int after = 0)
    {
        var found = "";
        return Wait.UntilAsync(
            () => Task.FromResult(
                (found = Reasons.Skip(after).FirstOrDefault(r => r.StartsWith(beginning, StringComparison.Ordinal)) ?? "").Length > 0),
                    deadline,
            () => $"dhclient did not come to {beginning}; it came to {string.Join(", ", Reasons)}")
            .ContinueWith(t => { t.GetAwaiter().GetResult(); return found; }, TaskScheduler.Default);
    }

    public void Dispose()
    {
        if (File.Exists(_files + ".pid")) Commands.Try("kill", File.ReadAllText(_files + ".pid").Trim());
    }
}
