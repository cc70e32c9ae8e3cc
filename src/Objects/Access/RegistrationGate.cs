using Anvil.Contracts.Catalog;
using Anvil.Contracts.Machines;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Network;

namespace Anvil.Objects.Access;

/// <summary>
/// Keeps registration scarce: so many in a minute from one address, from one subnet and in all, and so many machines that nobody has
/// approved of, in all and of one subnet. The bounds per minute, of their number and of what they hold, are each gateway's.
/// </summary>
public sealed class RegistrationGate(IMachineQueries queries, ICatalog catalog, TimeProvider time)
{
    /// <summary>Most registrations of one address in a minute.</summary>
    public const int MostOfAddress = 60;

    /// <summary>Most registrations in one subnet in a minute.</summary>
    public const int MostOfSubnet = 1_200;

    /// <summary>Most registrations in a minute.</summary>
    public const int MostOfAll = 6_000;

    /// <summary>Most octets that one address registers in a minute. What Sledgehammer tells of a server is some 16 KiB.</summary>
    public const int MostOctetsOfAddress = 4 << 20;

    /// <summary>Most octets that are registered in one subnet in a minute.</summary>
    public const int MostOctetsOfSubnet = 32 << 20;

    /// <summary>Most octets that are registered in a minute.</summary>
    public const int MostOctetsOfAll = 128 << 20;

    /// <summary>Of those that nobody has approved of, so many may be ones of which there is doubt.</summary>
    private const int DoubtfulPart = 10;

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);
    private readonly Lock _lock = new();
    private readonly Dictionary<string, (int Number, long Octets)> _counts = new(StringComparer.Ordinal);
    private DateTimeOffset _since = time.GetUtcNow();

    /// <summary>Lets a registration in, and says by which policy (<see cref="RegistrationPolicy"/>).</summary>
    /// <param name="stranger">Who registers.</param>
    /// <param name="octets">Length of what it registers.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="ApiException">403 closed; 429 too many.</exception>
    public async Task<string> EnterAsync(Principal stranger, int octets, CancellationToken cancellation)
    {
        var now = await catalog.ConfirmedAsync(cancellation);
        var (address, subnet) = Place(stranger);
        var policy = RegistrationPolicy.PolicyAt(address, now);
        if (policy == RegistrationPolicy.Closed) throw Refused(403, "machines do not register themselves here");
        Count(stranger.Address, subnet, octets);
        var (most, part) = (catalog.Current.Prefs.Number("mostUnapproved"), catalog.Current.Prefs.Number("mostUnapproved") / 2);
        var waiting = await queries.CountUnapprovedAsync(subnet, cancellation);
        if (waiting.All >= most)
            throw Refused(429, $"{most} machines have registered themselves and wait for somebody to approve of them (preference "
                + "mostUnapproved): approve of some, or delete them");
        if (HasOthers(subnet) && waiting.OfSubnet >= Math.Max(1, part))
            throw Refused(429, $"{waiting.OfSubnet} machines have registered themselves {In(subnet)} and wait for somebody to approve of "
                + "them (half of the preference mostUnapproved): approve of some, or delete them");
        return policy;
    }

    /// <summary>Lets a registration in of which there is doubt: of those only a part may wait, so that they keep no others out.</summary>
    /// <param name="stranger">Who registers.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="ApiException">429 too many.</exception>
    public async Task DoubtAsync(Principal stranger, CancellationToken cancellation)
    {
        var most = Math.Max(1, catalog.Current.Prefs.Number("mostUnapproved") / DoubtfulPart);
        var (_, subnet) = Place(stranger);
        var waiting = await queries.CountUnapprovedAsync(subnet, cancellation);
        if (waiting.Doubted >= most)
            throw Refused(429, $"{waiting.Doubted} machines have registered themselves of which there is doubt, and wait for somebody to "
                + $"approve of them (1/{DoubtfulPart} of the preference mostUnapproved): approve of some, or delete them");
        if (HasOthers(subnet) && waiting.DoubtedOfSubnet >= Math.Max(1, most / 2))
            throw Refused(429, $"{waiting.DoubtedOfSubnet} machines have registered themselves {In(subnet)} of which there is doubt, and "
                + $"wait for somebody to approve of them (1/{2 * DoubtfulPart} of the preference mostUnapproved): approve of some, "
                + "or delete them");
    }

    /// <summary>Name of the subnet in which somebody registers; "" for none.</summary>
    public string SubnetOf(Principal stranger) => Place(stranger).Subnet;

    /// <summary>True for a subnet beside which there are others: it leaves them half.</summary>
    private bool HasOthers(string subnet) => subnet.Length > 0 && catalog.Current.Subnets.Count > 1;

    private static string In(string subnet) => subnet.Length > 0 ? $"in subnet {subnet}" : "in no subnet";

    private (uint Address, string Subnet) Place(Principal stranger)
        => IPv4.TryParse(stranger.Address, out var address) && address != 0
            ? (address, catalog.Current.SubnetOf(address)?.Name ?? "") : (0, "");

    private void Count(string address, string subnet, int octets)
    {
        lock (_lock)
        {
            var now = time.GetUtcNow();
            if (now - _since >= Window || now < _since)
            {
                _counts.Clear();
                _since = now;
            }

            // All bounds are looked at before any is counted on: who is refused for itself takes nothing from others. Counted are as many
            // addresses as registrations in all, and no more.
            var bounds = new List<(string Key, (int Number, long Octets) Most, string What)>
            {
                ("a " + address, (MostOfAddress, MostOctetsOfAddress), $"from {address}"),
            };
            if (subnet.Length > 0) bounds.Add(("s " + subnet, (MostOfSubnet, MostOctetsOfSubnet), $"in subnet {subnet}"));
            bounds.Add(("", (MostOfAll, MostOctetsOfAll), "in all"));
            foreach (var (key, most, what) in bounds) Check(key, most, octets, what);
            foreach (var (key, _, _) in bounds)
            {
                var (number, sum) = _counts.GetValueOrDefault(key);
                _counts[key] = (number + 1, sum + octets);
            }
        }
    }

    private void Check(string key, (int Number, long Octets) most, int octets, string what)
    {
        var (number, sum) = _counts.GetValueOrDefault(key);
        if (number >= most.Number)
            throw Refused(429, $"{most.Number} machines have registered themselves {what} within a minute; try again in a minute");
        if (sum + octets > most.Octets)
            throw Refused(429, $"machines have registered {most.Octets >> 20} MiB of facts {what} within a minute; try again in a minute");
    }

    private static ApiException Refused(int code, string why) => new(new ApiError("machines", "", "Registration", [why], code));
}
