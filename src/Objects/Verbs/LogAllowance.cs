using System.Collections.Concurrent;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Documents;

namespace Anvil.Objects.Verbs;

/// <summary>
/// How much of logs one machine may send: so much at once, and as much again in each hour. Each gateway counts for itself, in memory.
/// People, and programs with a user's name, are not counted: they have the right for all machines.
/// </summary>
public sealed class LogAllowance(TimeProvider time)
{
    /// <summary>Octets of a machine.</summary>
    public const long OfMachine = 256 << 20;

    /// <summary>Octets of one that registered itself and that nobody approved of: what discovery says is some 100 KiB.</summary>
    public const long OfUnapproved = 4 << 20;

    /// <summary>Machines that are counted; beyond it those that have their whole allowance again are forgotten.</summary>
    private const int Swept = 20_000;

    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private readonly ConcurrentDictionary<string, Spent> _spent = new(StringComparer.Ordinal);

    /// <summary>Counts what a requester appends to a log.</summary>
    /// <exception cref="ApiException">429: it has sent too much.</exception>
    public void Take(Principal principal, int octets)
    {
        if (principal.Kind != PrincipalKind.Machine) return;
        var most = principal.IsUnapproved ? OfUnapproved : OfMachine;
        var now = time.GetUtcNow();
        if (_spent.Count >= Swept) Sweep(now);
        var spent = _spent.GetOrAdd(principal.Name, _ => new Spent());
        lock (spent)
        {
            var since = now > spent.At ? now - spent.At : TimeSpan.Zero;
            var left = Math.Max(0, spent.Octets - (most * (since / Hour)));
            if (left + octets > most)
                throw new ApiException(new ApiError("jobs", principal.Name, "PUT",
                    [$"machine {principal.Name} has sent {most >> 20} MiB of logs within an hour: no more for now"], 429));
            (spent.Octets, spent.At) = (left + octets, now);
        }
    }

    private void Sweep(DateTimeOffset now)
    {
        foreach (var (machine, spent) in _spent)
        {
            lock (spent)
            {
                if (now - spent.At > Hour) _spent.TryRemove(machine, out _);
            }
        }
    }

    private sealed class Spent
    {
        public double Octets { get; set; }

        public DateTimeOffset At { get; set; }
    }
}
