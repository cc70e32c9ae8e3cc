using System.Collections.Concurrent;
using Anvil.Contracts.Catalog;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;

namespace Anvil.Objects.Verbs;

/// <summary>
/// How much of logs one machine may send, and all together: so much at once, and as much again in each hour. Each gateway counts for
/// itself, in memory. People, and programs with a user's name, are not counted: they have the right for all machines.
/// </summary>
public sealed class LogAllowance(ICatalog catalog, TimeProvider time)
{
    /// <summary>All may send what is kept of logs (keepJobLogsMiB), those that nobody approved of a part of it.</summary>
    private const int UnapprovedPart = 8;


    /// <summary>Octets of a machine.</summary>
    public const long OfMachine = 256 << 20;

    /// <summary>Octets of one that registered itself and that nobody approved of: what discovery says is some 100 KiB.</summary>
    public const long OfUnapproved = 32 << 20;

    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private readonly ConcurrentDictionary<string, Spent> _spent = new(StringComparer.Ordinal);
    private readonly Spent _all = new(time.GetTimestamp());
    private readonly Spent _unapproved = new(time.GetTimestamp());
    private long _swept = time.GetTimestamp();

    /// <summary>Counts what a requester appends to a log.</summary>
    /// <exception cref="ApiException">429: it has sent too much.</exception>
    public void Take(Principal principal, int octets)
    {
        if (principal.Kind != PrincipalKind.Machine || octets == 0) return;
        var most = principal.IsUnapproved ? OfUnapproved : OfMachine;
        var kept = RetentionRules.Of(catalog.Current.Prefs, RetentionRules.JobLogs).Most;
        var shared = Math.Max(most, principal.IsUnapproved ? kept / UnapprovedPart : kept);
        var now = time.GetTimestamp();
        Sweep(now);
        var own = _spent.GetOrAdd(principal.Name, _ => new Spent(now));
        Take(own, most, $"machine {principal.Name} has");
        try
        {
            Take(principal.IsUnapproved ? _unapproved : _all, shared,
                principal.IsUnapproved ? "machines that nobody has approved of have" : "all machines have");
        }
        catch (ApiException)
        {
            lock (own) own.Octets -= octets;
            throw;
        }

        void Take(Spent spent, long bound, string who)
        {
            lock (spent)
            {
                spent.Octets = Math.Max(0, spent.Octets - (bound * (time.GetElapsedTime(spent.At, now) / Hour)));
                spent.At = now;
                if (spent.Octets + octets > bound)
                    throw new ApiException(new ApiError("jobs", principal.Name, "PUT",
                        [$"{who} sent {bound >> 20} MiB of logs within an hour: no more for now"], 429));
                spent.Octets += octets;
            }
        }
    }

    /// <summary>Once an hour those are forgotten that have their whole allowance again.</summary>
    private void Sweep(long now)
    {
        var swept = Interlocked.Read(ref _swept);
        if (time.GetElapsedTime(swept, now) < Hour || Interlocked.CompareExchange(ref _swept, now, swept) != swept) return;
        foreach (var (machine, spent) in _spent)
        {
            lock (spent)
            {
                if (time.GetElapsedTime(spent.At, now) > Hour) _spent.TryRemove(machine, out _);
            }
        }
    }

    private sealed class Spent(long at)
    {
        public double Octets { get; set; }

        public long At { get; set; } = at;
    }
}
