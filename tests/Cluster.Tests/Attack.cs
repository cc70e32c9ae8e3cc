using System.Diagnostics;
using System.Globalization;
using Anvil.Lab;

namespace Anvil.Cluster.Tests;

/// <summary>An attacker in a host of its own, of the lowest priority: what it takes of the processors is not the server's loss.</summary>
public sealed class Attack : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private readonly Process _process;
    private readonly string _log;

    /// <summary>Begins.</summary>
    /// <param name="host">The attacker's host.</param>
    /// <param name="addresses">Its addresses.</param>
    /// <param name="server">Address of the server.</param>
    /// <param name="victims">MAC addresses of machines that boot.</param>
    /// <param name="log">File for what it says.</param>
    /// <param name="kinds">Which attacks, all at once.</param>
    public Attack(LabHost host, IReadOnlyList<string> addresses, string server, IReadOnlyList<string> victims, string log,
        IReadOnlyList<string> kinds)
    {
        _log = log;
        _process = Commands.Start("ip",
            ["netns", "exec", host.Namespace, "nice", "-n", "19", "dotnet", Path.Combine(AppContext.BaseDirectory, "anvil-swarm.dll"),
                "attack", "--interface", host.Interface, "--server", server, "--own", .. addresses, "--victims", .. victims,
                "--kind", .. kinds]);
        Commands.LogTo(_process, log);
    }

    /// <summary>Requests that it sent.</summary>
    public long Sent
    {
        get
        {
            using var reader = new StreamReader(new FileStream(_log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
            var line = reader.ReadToEnd().Split('\n').LastOrDefault(l => l.EndsWith(" sent", StringComparison.Ordinal)) ?? "0";
            return long.Parse(line.Split(' ')[0], CultureInfo.InvariantCulture);
        }
    }

    /// <summary>Waits until it has sent so many requests more.</summary>
    public async Task GoesOnAsync(int requests)
    {
        var before = Sent;
        await Wait.UntilAsync(() => Task.FromResult(Sent >= before + requests || _process.HasExited), Patience,
            () => $"the attack sent {Sent - before} requests only");
        if (_process.HasExited) throw new SetupException($"the attack ended: {await File.ReadAllTextAsync(_log)}");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
