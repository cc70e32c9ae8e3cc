using Anvil.Contracts.Diagnostics;
using Anvil.Contracts.Placement;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Network;
using Microsoft.Extensions.Logging;

namespace Anvil.Edge.Dhcp;

/// <summary>
/// The relays that this edge has heard, each with the address that it sends from: few of each subnet. In memory; where that is too little,
/// subnets list their relays. Thread-safe.
/// </summary>
public sealed partial class RelayBook(IEdgeDirectory edges, RouteTable routes, TimeProvider time, ILogger<RelayBook> logger)
{
    /// <summary>Subnets whose relays are remembered; the one that was silent for longest is forgotten first.</summary>
    public const int MostSubnets = 4096;

    /// <summary>Relays that wait to be listed, of which the log says so once in the time of a relay's silence.</summary>
    private const int MostTold = 256;

    /// <summary>A relay that was silent for so long may send from another address: it was replaced.</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromMinutes(30);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, List<Heard>> _relays = new(StringComparer.Ordinal);
    private readonly Seldom _told = new(Silence, MostTold, time);

    private sealed record Heard(uint Relay, string Interface, uint Source)
    {
        public long At { get; set; }
    }

    /// <summary>Whether a packet is not believed to come from its relay; nothing is learned by it.</summary>
    /// <param name="arrival">The packet; one without a relay is believed.</param>
    /// <param name="subnet">The subnet that it is for.</param>
    /// <param name="catalog">Preferences, and the networks that clients' addresses are of.</param>
    public bool IsDoubtful(DhcpArrival arrival, Subnet subnet, CatalogSnapshot catalog)
    {
        lock (_gate) return arrival.Message.RelayAddress != 0 && Judge(arrival, subnet, catalog, out _) is not null;
    }

    /// <summary>Why a packet is not believed to come from its relay; null when it is.</summary>
    /// <param name="arrival">The packet; one without a relay is believed.</param>
    /// <param name="subnet">The subnet that it is for.</param>
    /// <param name="catalog">Preferences, and the networks that clients' addresses are of.</param>
    /// <param name="isNew">The relay has not been heard before.</param>
    public string? Doubt(DhcpArrival arrival, Subnet subnet, CatalogSnapshot catalog, out bool isNew)
    {
        isNew = false;
        var (relay, source) = (arrival.Message.RelayAddress, arrival.SourceAddress);
        if (relay == 0) return null;
        lock (_gate)
        {
            var doubt = Judge(arrival, subnet, catalog, out var held);
            if (doubt is not null)
            {
                if (held is null && _told.Tells($"{relay} {subnet.Name}")) LogWaits(IPv4.Format(relay), arrival.Interface, doubt);
                return doubt;
            }

            isNew = held is null;
            if (held is not null) held.At = time.GetTimestamp();
            else Learn(subnet.Name, new Heard(relay, arrival.Interface, source) { At = time.GetTimestamp() });
        }

        if (!isNew) return null;
        AnvilDiagnostics.RelaysLearned.Add(1, new KeyValuePair<string, object?>("subnet", subnet.Name));
        LogLearned(IPv4.Format(relay), IPv4.Format(source), arrival.Interface, subnet.Name);
        return null;
    }

    private string? Judge(DhcpArrival arrival, Subnet subnet, CatalogSnapshot catalog, out Heard? held)
    {
        var (relay, now) = (arrival.Message.RelayAddress, time.GetTimestamp());
        var heard = _relays.GetValueOrDefault(subnet.Name);
        heard?.RemoveAll(h => time.GetElapsedTime(h.At, now) >= Silence);
        held = heard?.Find(h => h.Relay == relay && h.Interface == arrival.Interface);
        var others = heard?.Where(h => h.Relay != relay).Select(h => h.Relay).Distinct().Count() ?? 0;
        return RelayRules.Doubt(subnet, catalog.Prefs[RelayRules.Pref], relay, arrival.SourceAddress, held?.Source ?? 0, others,
            a => IsRouter(a, relay, arrival, catalog), a => IsLeased(a, catalog),
            a => edges.Addresses.Contains(a) || (arrival.InterfaceAddresses.Contains(a) && !IPv4.IsLoopback(a)));
    }

    private void Learn(string subnet, Heard relay)
    {
        if (!_relays.TryGetValue(subnet, out var heard))
        {
            if (_relays.Count >= MostSubnets) _relays.Remove(_relays.MinBy(r => r.Value.Max(h => (long?)h.At) ?? 0).Key);
            _relays[subnet] = heard = [];
        }

        heard.Add(relay);
    }

    private bool IsRouter(uint address, uint relay, DhcpArrival arrival, CatalogSnapshot catalog)
    {
        var isOnLink = IPv4.IsLoopback(address) || (catalog.SubnetOf(address) is { } subnet
            ? arrival.InterfaceAddresses.Any(subnet.Cidr.Contains)
            : routes.NextHop(address) is null or 0);
        return !isOnLink || routes.NextHop(relay) == address;
    }

    private static bool IsLeased(uint address, CatalogSnapshot catalog)
        => SubnetRange.Of(catalog.SubnetOf(address)) is { } range && range.Contains(address);

    [LoggerMessage(Level = LogLevel.Information,
        Message = "relay {Relay}, which sends from {Source} to {Interface}, is learned for subnet {Subnet}")]
    private partial void LogLearned(string relay, string source, string @interface, string subnet);

    [LoggerMessage(Level = LogLevel.Warning, Message = "relay {Relay}, heard on {Interface}, is not believed: {Doubt}")]
    private partial void LogWaits(string relay, string @interface, string doubt);
}
