using System.Diagnostics;
using Anvil.Contracts;
using Anvil.Contracts.Catalog;
using Anvil.Contracts.Diagnostics;
using Anvil.Contracts.Machines;
using Anvil.Contracts.Subnets;
using Anvil.Contracts.Timeline;
using Anvil.Edge.BootHttp;
using Anvil.Edge.Machines;
using Anvil.Edge.Sightings;
using Anvil.Protocols.Dhcp;
using Anvil.Provisioning.Boot;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Network;
using Microsoft.Extensions.Options;

namespace Anvil.Edge.Dhcp;

/// <summary>
/// What DHCP answers: translates packets to grain calls and answers back to packets. It keeps no state. What decides an answer is in
/// memory, and one grain is asked, the subnet's, which answers once the lease is durable; the machine's grain is told afterwards.
/// </summary>
public sealed class DhcpHandler(
    GrainFinder grains, ICatalog catalog, KnownMachines machines, SightingWriter sightings, AddressProber prober, ITimeline timeline,
    RelayBook relays, HeardClients heard, FilePresence files, BootServers servers, TimeProvider time,
    IOptions<EdgeOptions> options)
{
    private const int MostAcquaintances = 65_536;

    /// <summary>An offer costs its client nothing: it counts for as long as the exchange goes on.</summary>
    private static readonly TimeSpan OfferedFor = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LeasedFor = TimeSpan.FromHours(1);
    private readonly ClientKindTable _kinds = new();
    private readonly Acquaintances _offered = new(MostAcquaintances, OfferedFor, time);
    private readonly Acquaintances _leased = new(MostAcquaintances, LeasedFor, time);

    /// <summary>Before whom a client's packets are answered.</summary>
    public DhcpPrecedence PrecedenceOf(string mac) => machines.Knows(mac) ? DhcpPrecedence.Known
        : _offered.Knows(mac) || _leased.Knows(mac) ? DhcpPrecedence.Acquainted : DhcpPrecedence.Stranger;

    /// <summary>Where a packet is from; asked before anything is charged for it.</summary>
    public DhcpOrigin OriginOf(DhcpArrival arrival) => DhcpOrigin.Of(arrival, catalog.Current, relays);

    /// <summary>Handles one message.</summary>
    public async Task<DhcpOutcome> HandleAsync(DhcpArrival arrival, CancellationToken cancellation)
    {
        var type = arrival.Message.Type.ToString().ToUpperInvariant();
        using var activity = AnvilDiagnostics.Source.StartActivity($"DHCP {type}", ActivityKind.Server);
        activity?.SetTag("anvil.mac", arrival.Message.Mac);
        var began = Stopwatch.GetTimestamp();
        var decided = await DecideAsync(arrival, cancellation);
        var outcome = decided.Departure?.Message.Type.ToString().ToUpperInvariant() ?? "silence";
        activity?.SetTag("anvil.outcome", outcome);
        AnvilDiagnostics.DhcpMessages.Add(1, new("type", type), new("outcome", outcome));
        AnvilDiagnostics.DhcpDuration.Record(Stopwatch.GetElapsedTime(began).TotalSeconds,
            new KeyValuePair<string, object?>("type", type));
        return decided;
    }

    private async Task<DhcpOutcome> DecideAsync(DhcpArrival arrival, CancellationToken cancellation)
    {
        using var step = AnvilDiagnostics.Step();
        var request = arrival.Message;
        if (request.Op != 1) return new DhcpOutcome(null, DhcpDrop.NotARequest);
        if (request.Type is DhcpMessageType.None or DhcpMessageType.Offer or DhcpMessageType.Ack or DhcpMessageType.Nak)
            return Unserved(request, await machines.FindAsync(request.Mac, cancellation));
        var snapshot = catalog.Current;
        // Of what names a relay the same is asked below, where the relay is learned.
        if (request.RelayAddress == 0 && DhcpOrigin.Of(arrival, snapshot, relays) is { Doubt: not DhcpDrop.None } origin)
            return Silent(request, origin.Doubt, $"came past a relay from {IPv4.Format(arrival.SourceAddress)}, and speaks of no address "
                + "that is its own there: not believed");
        var relayOptions = EncapsulatedOptions.Read(request.Option(DhcpOption.RelayAgentInformation) ?? []);
        var links = SubnetChoice.Links(arrival, relayOptions, snapshot);
        if (links.Count == 0)
            return Silent(request, DhcpDrop.NoSubnet, SubnetChoice.Lack(arrival, relayOptions));
        if (relays.Doubt(arrival, links[0].Subnet, snapshot, out var isNew) is { } doubt)
            return Silent(request, DhcpDrop.Relay, doubt);
        if (isNew)
            timeline.Note("", request.Mac, "dhcp", $"relay {IPv4.Format(request.RelayAddress)}", "learned",
                $"it sends from {IPv4.Format(arrival.SourceAddress)}, and serves {links[0].Subnet.Name}");
        var machine = await machines.FindAsync(request.Mac, cancellation);
        var client = ClientOf(request, _kinds.Of(snapshot));
        DhcpExchange On(SubnetLink link)
        {
            var server = SubnetChoice.Self(arrival, relayOptions, link.Subnet);
            var boot = BootDecision.Decide(machine, request.Mac, client, snapshot,
                servers.At(IPv4.Format(server.Address)), files);
            return new DhcpExchange(arrival, link.Subnet, link.Via, server, machine, client.As(boot.Architecture), boot);
        }

        if (arrival.IsBinl) return Binl(On(links[0]));
        if (request.Type == DhcpMessageType.Discover)
        {
            if (links[0].Subnet.Proxy) return await ProxyOfferAsync(On(links[0]));
            var outcome = new DhcpOutcome(null, DhcpDrop.NoSubnet);
            foreach (var link in await InOrderOfPreferenceAsync(links, request))
            {
                outcome = await DiscoverAsync(On(link));
                if (outcome.Departure is not null) break;
            }

            return outcome;
        }

        var chosen = request.OptionAddress(DhcpOption.ServerId);
        var address = request.Type is DhcpMessageType.Request or DhcpMessageType.Decline
            && request.OptionAddress(DhcpOption.RequestedAddress) is var asked and not 0 ? asked : request.ClientAddress;
        var exchange = On(links.FirstOrDefault(l => l.Subnet.Cidr.Contains(address)) ?? links[0]);
        if (exchange.Subnet.Proxy) return await ObserveAsync(exchange, address);
        if (chosen != 0 && chosen != exchange.Server.Id && !arrival.InterfaceAddresses.Contains(chosen))
            return Silent(request, DhcpDrop.OtherServer, $"chose server {IPv4.Format(chosen)}", machine);
        return request.Type switch
        {
            DhcpMessageType.Request => await RequestAsync(exchange, address),
            DhcpMessageType.Release => await GiveBackAsync(LeaseAct.Release, exchange, address),
            DhcpMessageType.Decline => await GiveBackAsync(LeaseAct.Decline, exchange, address),
            _ => await InformAsync(exchange),
        };
    }

    /// <summary>
    /// Where two subnets share a link, a client's reservation decides, then the address that it asks for or has, then the order of the
    /// link's
    /// addresses. Whether it has one only the subnets know: here, and nowhere else, more than one grain is asked before the answer.
    /// </summary>
    private async Task<IReadOnlyList<SubnetLink>> InOrderOfPreferenceAsync(IReadOnlyList<SubnetLink> links, DhcpMessage request)
    {
        if (links.Count == 1) return links;
        var wanted = request.OptionAddress(DhcpOption.RequestedAddress);
        var ranked = new List<(int Rank, SubnetLink Link)>();
        foreach (var link in links.Where(l => !l.Subnet.Proxy))
        {
            var standing = await StandingAsync(link.Subnet, request.Mac);
            var rank = standing.IsReserved ? 0 : wanted != 0 && link.Subnet.Cidr.Contains(wanted) ? 1 : standing.Address != 0 ? 2 : 3;
            ranked.Add((rank, link));
        }

        return [.. ranked.OrderBy(r => r.Rank).Select(r => r.Link)];
    }

    /// <summary>What a client is to a subnet; one on a silo of the version before knows the address alone.</summary>
    private async Task<ClientStanding> StandingAsync(Subnet subnet, string mac)
    {
        try
        {
            return await GrainCalls.AskAsync(() => SubnetGrain(subnet).StandingOf(mac));
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return new ClientStanding(false, await GrainCalls.AskAsync(() => SubnetGrain(subnet).AddressOf(mac)));
        }
    }

    /// <summary>Reads the client's kind out of its message.</summary>
    public static BootClient ClientOf(DhcpMessage request, ClientKinds kinds)
    {
        var userClasses = UserClass.Of(request.Option(DhcpOption.UserClass));
        var isIpxe = userClasses.Contains("iPXE");
        var features = EncapsulatedOptions.Read(request.Option(DhcpOption.Ipxe) ?? []).Keys.ToHashSet();
        var vendorClass = request.OptionText(DhcpOption.VendorClass);
        var kind = kinds.Find(request.Mac, vendorClass ?? "", userClasses, request.Option(DhcpOption.ClientMachineId) ?? []);
        return BootClient.From(vendorClass, isIpxe, features, request.Option(DhcpOption.ClientArchitecture) ?? [], kind);
    }

    private async Task<DhcpOutcome> DiscoverAsync(DhcpExchange on)
    {
        var request = on.Request;
        var call = Call(LeaseAct.Discover, on, request.OptionAddress(DhcpOption.RequestedAddress)) with
        {
            CanProbe = prober.CanProbe(on.Arrival),
        };
        var subnet = SubnetGrain(on.Subnet);
        var answer = await GrainCalls.AskAsync(() => subnet.Handle(call));
        if (answer.Verdict != LeaseVerdict.Give) return Silent(request, Drop(answer.Cause), answer.Reason, on.Machine);
        Sight(on);
        _offered.Meet(request.Mac);
        Hear(on);
        var lease = answer.Lease!;
        var offered = IPv4.Parse(lease.Addr);
        foreach (var address in answer.ToProbe)
            prober.Begin(on.Arrival, address, address == offered ? request.Mac : "", (probed, inUse) => subnet.Probed(probed, inUse));
        Note(on.Machine, request, on.Client, $"OFFER {lease.Addr}", answer.Reason, on.Boot);
        return Depart(on.Arrival,
            new DhcpReplies(catalog.Current).Lease(on, DhcpMessageType.Offer, lease, answer.Reservation), on.Machine);
    }

    private static LeaseCall Call(LeaseAct act, DhcpExchange on, uint address)
        => new(act, on.Request.Mac, address, on.Via)
        {
            Link = SubnetChoice.LinkName(on.Arrival),
            IsRelayed = on.Request.RelayAddress != 0,
            Source = on.Request.RelayAddress != 0 ? 0 : on.Arrival.SourceAddress,
            IsKnown = on.Machine is { IsFamiliar: true },
            TellsStrangers = true,
        };

    private async Task<DhcpOutcome> RequestAsync(DhcpExchange on, uint wanted)
    {
        var request = on.Request;
        await prober.EndAsync(wanted);
        var call = Call(LeaseAct.Request, on, wanted) with { IsChosen = request.OptionAddress(DhcpOption.ServerId) != 0 };
        var answer = await GrainCalls.AskAsync(() => SubnetGrain(on.Subnet).Handle(call));
        switch (answer.Verdict)
        {
            case LeaseVerdict.Silence: return Silent(request, Drop(answer.Cause), answer.Reason, on.Machine);
            case LeaseVerdict.Refuse:
                Note(on.Machine, request, on.Client, "NAK", answer.Reason, on.Boot);
                var nak = DhcpReplies.Nak(request, on.Server.Id);
                // Without a relay a NAK is always broadcast: the client's address may be wrong here (RFC 2131 section 4.1).
                return request.RelayAddress != 0 ? Depart(on.Arrival, nak, on.Machine)
                    : new DhcpOutcome(new DhcpDeparture(nak, uint.MaxValue, options.Value.DhcpClientPort), DhcpDrop.None);
        }

        var lease = answer.Lease!;
        _leased.Meet(request.Mac);
        Hear(on);
        if (on.Machine is not null) sightings.Add(on.Machine.Uuid, new Sighting(SightingKind.Leased, lease.Addr, "", ""));
        Note(on.Machine, request, on.Client, $"ACK {lease.Addr}", answer.Reason, on.Boot);
        return Depart(on.Arrival,
            new DhcpReplies(catalog.Current).Lease(on, DhcpMessageType.Ack, lease, answer.Reservation), on.Machine);
    }

    private async Task<DhcpOutcome> GiveBackAsync(LeaseAct act, DhcpExchange on, uint address)
    {
        var call = Call(act, on, address);
        var answer = await GrainCalls.AskAsync(() => SubnetGrain(on.Subnet).Handle(call));
        timeline.Miss(on.Machine?.Uuid ?? "", on.Request.Mac, "dhcp", act == LeaseAct.Release ? "RELEASE" : "DECLINE", answer.Reason,
            IPv4.Format(address));
        return new DhcpOutcome(null, Drop(answer.Cause));
    }

    private async Task<DhcpOutcome> ProxyOfferAsync(DhcpExchange on)
    {
        if (!on.Subnet.Enabled || !(on.Boot.Boots || (on.Boot.FromDisk && on.Client.Kind == ClientKind.Pxe)))
            return Silent(on.Request, DhcpDrop.NoBoot, on.Boot.Reasons[^1], on.Machine);
        Note(on.Machine, on.Request, on.Client, "proxy OFFER", $"boot server beside another DHCP server in {on.Subnet.Name}", on.Boot);
        Sight(on);
        Hear(on);
        return Depart(on.Arrival,
            DhcpReplies.Proxy(on, DhcpMessageType.Offer), on.Machine);
    }

    private DhcpOutcome Binl(DhcpExchange on)
    {
        if (!on.Subnet.Enabled || on.Request.Type is not (DhcpMessageType.Request or DhcpMessageType.Discover))
            return Silent(on.Request, DhcpDrop.MessageType, "port 4011 takes requests of boot servers alone", on.Machine);
        if (!on.Boot.Boots) return Silent(on.Request, DhcpDrop.NoBoot, on.Boot.Reasons[^1], on.Machine);
        Note(on.Machine, on.Request, on.Client, "boot server ACK", "asked on port 4011", on.Boot);
        Hear(on);
        var reply = DhcpReplies.Proxy(on, DhcpMessageType.Ack);
        return new DhcpOutcome(
            new DhcpDeparture(reply, on.Arrival.SourceAddress, on.Arrival.SourcePort) { Machine = on.Machine?.Uuid ?? "" },
            DhcpDrop.None);
    }

    private async Task<DhcpOutcome> InformAsync(DhcpExchange on)
    {
        var (mac, address) = (on.Request.Mac, on.Request.ClientAddress);
        if (address == 0)
            return Silent(on.Request, DhcpDrop.MessageType, "it has no address (ciaddr is 0), and asks for none", on.Machine);
        LeaseAnswer? answer = null;
        try
        {
            answer = await GrainCalls.AskAsync(() => SubnetGrain(on.Subnet).Inform(mac, address));
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // A silo of the version before knows other calls, and tells what the subnet says alone; one that is away none.
            await GrainCalls.AskAsync(() => SubnetGrain(on.Subnet).AddressOf(mac));
        }

        if (answer is { Verdict: not LeaseVerdict.Give }) return Silent(on.Request, Drop(answer.Cause), answer.Reason, on.Machine);
        return Depart(on.Arrival, new DhcpReplies(catalog.Current).Inform(on, answer?.Reservation), on.Machine);
    }

    /// <summary>Where a reply goes (RFC 2131 section 4.1).</summary>
    private DhcpOutcome Depart(DhcpArrival arrival, DhcpMessage reply, KnownMachine? machine)
    {
        var request = arrival.Message;
        var port = options.Value.DhcpClientPort;
        DhcpOutcome To(uint address, int at, bool byHardware = false)
            => new(new DhcpDeparture(reply, address, at, byHardware) { Machine = machine?.Uuid ?? "" }, DhcpDrop.None);
        if (request.RelayAddress != 0) return To(request.RelayAddress, RelayPort(arrival));
        if (request.ClientAddress != 0) return To(request.ClientAddress, port);
        var byHardware = !request.WantsBroadcast && reply.YourAddress != 0 && request is { HardwareType: 1, HardwareAddress.Count: 6 };
        return byHardware ? To(reply.YourAddress, port, byHardware) : To(uint.MaxValue, port);
    }

    /// <summary>Says what a reply had no room for.</summary>
    /// <param name="arrival">What is answered.</param>
    /// <param name="departure">The reply.</param>
    /// <param name="longest">Octets that the client takes.</param>
    /// <param name="codes">Codes of the options that were left out.</param>
    public void NoteLeftOut(DhcpArrival arrival, DhcpDeparture departure, int longest, IReadOnlyList<byte> codes)
        => timeline.Note(departure.Machine, arrival.Message.Mac, "dhcp", departure.Message.Type.ToString().ToUpperInvariant(),
            "without options " + string.Join(", ", codes),
            $"the client takes {longest} octets (option 57), and its relay's option 82 has "
                + $"{arrival.Message.Option(DhcpOption.RelayAgentInformation)?.Length ?? 0} of them");

    /// <summary>The server's port, unless the relay says that it sends from another one (RFC 8357: sub-option 19).</summary>
    private int RelayPort(DhcpArrival arrival)
        => EncapsulatedOptions.Read(arrival.Message.Option(DhcpOption.RelayAgentInformation) ?? []).ContainsKey(19)
            ? arrival.SourcePort : options.Value.DhcpPort;

    /// <summary>
    /// Another server gives the addresses here. Which one a client takes is seen in its REQUEST: boot files are served by it.
    /// </summary>
    private async Task<DhcpOutcome> ObserveAsync(DhcpExchange on, uint address)
    {
        if (on.Request.Type == DhcpMessageType.Request && on.Subnet.Cidr.Contains(address))
        {
            var answer = await GrainCalls.AskAsync(
                () => SubnetGrain(on.Subnet).Handle(Call(LeaseAct.Observe, on, address)));
            Hear(on);
            if (on.Machine is not null) sightings.Add(on.Machine.Uuid, new Sighting(SightingKind.Leased, IPv4.Format(address), "", ""));
            timeline.Note(on.Machine?.Uuid ?? "", on.Request.Mac, "dhcp", "REQUEST", answer.Reason, IPv4.Format(address));
        }

        return new DhcpOutcome(null, DhcpDrop.ProxyOnly);
    }

    /// <summary>
    /// Notes that a card was heard: on its link, or by a relay that is believed. What comes past one has a sender that anybody could have
    /// written, as a request by TFTP has.
    /// </summary>
    private void Hear(DhcpExchange on)
    {
        if (on.Via != 0) heard.Hear(on.Subnet.Name, on.Request.Mac, on.Machine is { IsFamiliar: true });
    }

    private void Sight(DhcpExchange on)
    {
        if (on.Machine is null || on.Client.Kind == ClientKind.None) return;
        // Only what its boot environment says sends a machine to its disk: a packet in its name can say that it boots nothing as well.
        sightings.Add(on.Machine.Uuid, on.Boot.FromDisk ? Sighting.OfDisk(on.Client.Firmware)
            : new Sighting(SightingKind.Discover, "", on.Client.Firmware, on.Boot.Boots ? on.Boot.File : ""));
    }

    private static DhcpDrop Drop(LeaseCause cause) => cause switch
    {
        LeaseCause.Disabled => DhcpDrop.Disabled,
        LeaseCause.Exhausted => DhcpDrop.Exhausted,
        LeaseCause.Picker => DhcpDrop.Picker,
        LeaseCause.NotHeld => DhcpDrop.NotHeld,
        LeaseCause.Foreign => DhcpDrop.Foreign,
        LeaseCause.DatabaseAway => DhcpDrop.DatabaseAway,
        LeaseCause.Moved => DhcpDrop.Moved,
        LeaseCause.Strangers => DhcpDrop.Strangers,
        LeaseCause.Doubtful => DhcpDrop.Doubtful,
        _ => DhcpDrop.None,
    };

    private DhcpOutcome Silent(DhcpMessage request, DhcpDrop drop, string reason, KnownMachine? machine = null)
    {
        timeline.Miss(machine?.Uuid ?? "", request.Mac, "dhcp", request.Type.ToString().ToUpperInvariant(), "no answer", reason);
        return new DhcpOutcome(null, drop);
    }

    /// <summary>
    /// BOOTP, which a DHCP server need not serve (RFC 1534 section 2), and messages of no client: a board that asks so is seen to ask.
    /// </summary>
    private DhcpOutcome Unserved(DhcpMessage request, KnownMachine? machine)
    {
        var kind = request.Option(DhcpOption.MessageType);
        var (what, why) = kind is null ? ("BOOTP", "a BOOTP request (it has no option 53): addresses are given by DHCP alone")
            : ("message of no client", $"option 53 is {string.Join(' ', kind)}, which is none of a client's messages");
        timeline.Miss(machine?.Uuid ?? "", request.Mac, "dhcp", what, "no answer", why);
        return new DhcpOutcome(null, DhcpDrop.MessageType);
    }

    private void Note(KnownMachine? machine, DhcpMessage request, BootClient client, string outcome, string reason, BootAnswer boot)
    {
        var what = $"{request.Type.ToString().ToUpperInvariant()} "
            + $"from {(client.Row is { } row ? row.Name : client.Kind == ClientKind.None ? "an operating system" : "")}"
            + (client.Kind == ClientKind.None ? "" : $"{(client.Row is null ? "" : ", ")}{client.Kind} ({client.Firmware})");
        var detail = client.Kind == ClientKind.None
            ? reason : $"{reason}; {string.Join("; ", boot.Reasons)}{(boot.Boots ? $"; boots {boot.File}" : "")}";
        timeline.Note(machine?.Uuid ?? "", request.Mac, "dhcp", what, outcome, detail);
    }

    private ISubnetGrain SubnetGrain(Subnet subnet) => grains.Subnet(subnet.Name);
}
