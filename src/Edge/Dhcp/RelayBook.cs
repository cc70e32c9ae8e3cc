using Anvil.Contracts.Diagnostics;
using Anvil.Contracts.Placement;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Network;
using Microsoft.Extensions.Logging;

namespace Anvil.Edge.Dhcp;

/// <summary>
/// The relays that this edge has heard, each with the address that it sends from. In memory, of bounded size; where that is too little,
/// subnets list their relays. Thread-safe.
/// </summary>
public sealed partial class RelayBook(IEdgeDirectory edges, TimeProvider time, ILogger<RelayBook> logger)
{
    /// <summary>Relays that are remembered; the one that was silent for longest is forgotten first.</summary>
    public const int MostRelays = 4096;

    /// <summary>A relay that was silent for so long may send from another address: it was replaced.</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromMinutes(30);

    private readonly Lock _gate = new();
    private readonly Dictionary<(uint Relay, string Interface), (uint Source, long Heard)> _relays = [];

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
            var key = (relay, arrival.Interface);
            var now = time.GetTimestamp();
            var known = _relays.TryGetValue(key, out var held) && time.GetElapsedTime(held.Heard, now) < Silence ? held.Source : 0;
            var doubt = RelayRules.Doubt(subnet, catalog.Prefs[RelayRules.Pref], relay, source, known, a => IsLeased(a, catalog),
                a => edges.Addresses.Contains(a) || (arrival.InterfaceAddresses.Contains(a) && !IPv4.IsLoopback(a)));
            if (doubt is not null) return doubt;
            isNew = known == 0;
            if (isNew && !_relays.ContainsKey(key) && _relays.Count >= MostRelays) _relays.Remove(_relays.MinBy(r => r.Value.Heard).Key);
            // What comes from the relay's own address does not say that it always will.
            _relays[key] = (isNew || source != relay ? source : known, now);
        }

        if (!isNew) return null;
        AnvilDiagnostics.RelaysLearned.Add(1, new KeyValuePair<string, object?>("subnet", subnet.Name));
        LogLearned(IPv4.Format(relay), IPv4.Format(source), arrival.Interface, subnet.Name);
        return null;
    }

    private static bool IsLeased(uint address, CatalogSnapshot catalog)
        => SubnetRange.Of(catalog.SubnetOf(address)) is { } range && range.Contains(address);

    [LoggerMessage(Level = LogLevel.Information,
        Message = "relay {Relay}, which sends from {Source} to {Interface}, is learned for subnet {Subnet}")]
    private partial void LogLearned(string relay, string source, string @interface, string subnet);
}
