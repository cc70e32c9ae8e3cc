using System.Net;

namespace Anvil.Swarm.Attacks;

/// <summary>Whom an attack is on, and from where.</summary>
/// <param name="Server">Address of the server, with DHCP, TFTP, boot HTTP (8091) and the API (8092).</param>
/// <param name="Interface">The attacker's interface.</param>
/// <param name="Addresses">The attacker's own addresses.</param>
/// <param name="Victims">MAC addresses of machines in whose name it speaks.</param>
public sealed record AttackTarget(IPAddress Server, string Interface, IReadOnlyList<IPAddress> Addresses, IReadOnlyList<byte[]> Victims)
{
    private long _sent;

    /// <summary>Requests so far.</summary>
    public long Sent => Interlocked.Read(ref _sent);

    /// <summary>Notes a request.</summary>
    public void Count() => Interlocked.Increment(ref _sent);

    /// <summary>An address of the attacker's.</summary>
    public IPAddress Own(int number) => Addresses[number % Addresses.Count];

    /// <summary>Calls so often a second, in bursts of ten milliseconds, until cancelled.</summary>
    public static async Task PacedAsync(int aSecond, Func<Task> act, CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        for (var due = 0.0; await timer.WaitForNextTickAsync(cancellation);)
        {
            for (due += aSecond / 100.0; due >= 1; due--) await act();
        }
    }
}
