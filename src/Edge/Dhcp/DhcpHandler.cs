using System.Diagnostics;
using Anvil.Grains;
using Anvil.Grains.Catalog;
using Anvil.Grains.Diagnostics;
using Anvil.Grains.Machines;
using Anvil.Grains.Subnets;
using Anvil.Grains.Timeline;
using Anvil.Provisioning.Boot;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Machines;
using Anvil.Provisioning.Network;
using Microsoft.Extensions.Options;

namespace Anvil.Edge.Dhcp;

/// <summary>What DHCP answers: translates packets to grain calls and answers back to packets. It keeps no state.</summary>
public sealed class DhcpHandler(IGrainFactory grains, ICatalog catalog, KnownMachines machines, TimelineWriter timeline, IOptions<EdgeOptions> options)
{
    private static readonly Lease NoLease = new();

    /// <summary>Handles one message; null means silence.</summary>
    public async Task<DhcpDeparture?> HandleAsync(DhcpArrival arrival, CancellationToken cancellation)
    {
        var type = arrival.Message.Type.ToString().ToUpperInvariant();
        using var activity = AnvilDiagnostics.Source.StartActivity($"DHCP {type}", ActivityKind.Server);
        activity?.SetTag("anvil.mac", arrival.Message.Mac);
        var began = Stopwatch.GetTimestamp();
        var departure = await DecideAsync(arrival, cancellation);
        var outcome = departure?.Message.Type.ToString().ToUpperInvariant() ?? "silence";
        activity?.SetTag("anvil.outcome", outcome);
        AnvilDiagnostics.DhcpMessages.Add(1, new("type", type), new("outcome", outcome));
        AnvilDiagnostics.DhcpDuration.Record(Stopwatch.GetElapsedTime(began).TotalSeconds, new KeyValuePair<string, object?>("type", type));
        return departure;
    }

    private async Task<DhcpDeparture?> DecideAsync(DhcpArrival arrival, CancellationToken cancellation)
    {
        var request = arrival.Message;
        if (request.Op != 1 || request.Type == DhcpMessageType.None) return null;
        var snapshot = catalog.Current;
        var relayOptions = EncapsulatedOptions.Read(request.Option(DhcpOption.RelayAgentInformation) ?? []);
        var vias = Vias(arrival, relayOptions);
        var (via, subnet) = vias.Select(v => (v, snapshot.SubnetOf(v))).FirstOrDefault(p => p.Item2 is not null);
        if (subnet is null) return Silent(request, "no subnet holds " + string.Join(", ", vias.Select(IPv4.Format)));
        var server = relayOptions.TryGetValue(11, out var over) && over.Length == 4 ? System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(over)
            : arrival.InterfaceAddresses.FirstOrDefault(subnet.Cidr.Contains, arrival.InterfaceAddresses.FirstOrDefault());
        var machine = await machines.FindAsync(request.Mac, cancellation);
        var client = ClientOf(request);
        var boot = BootDecision.Decide(machine, request.Mac, client, snapshot, new BootServer(IPv4.Format(server), options.Value.FilePort, options.Value.ApiPort) { ApiAddress = options.Value.ApiAddress });
        if (arrival.IsBinl) return Binl(arrival, subnet, boot, server, machine);
        return request.Type switch
        {
            DhcpMessageType.Discover when subnet.Proxy => ProxyOffer(arrival, subnet, boot, server, machine),
            DhcpMessageType.Discover => await DiscoverAsync(arrival, subnet, via, boot, client, server, machine),
            DhcpMessageType.Request when subnet.Proxy => null,
            DhcpMessageType.Request => await RequestAsync(arrival, subnet, via, boot, client, server, machine),
            DhcpMessageType.Release => await GiveBackAsync(LeaseAct.Release, request, subnet, via, request.ClientAddress, machine),
            DhcpMessageType.Decline => await GiveBackAsync(LeaseAct.Decline, request, subnet, via, request.OptionAddress(DhcpOption.RequestedAddress), machine),
            DhcpMessageType.Inform when request.ClientAddress != 0 && !subnet.Proxy => Inform(arrival, subnet, boot, server),
            _ => null,
        };
    }

    /// <summary>Reads the client's kind out of its options.</summary>
    public static BootClient ClientOf(DhcpMessage request)
    {
        var userClass = request.OptionText(DhcpOption.UserClass);
        var isIpxe = userClass is "iPXE" || (userClass is { Length: 5 } && userClass.EndsWith("iPXE", StringComparison.Ordinal));
        var features = EncapsulatedOptions.Read(request.Option(DhcpOption.Ipxe) ?? []).Keys.ToHashSet();
        int? architecture = request.Option(DhcpOption.ClientArchitecture) is { Length: >= 2 } octets ? (octets[0] << 8) | octets[1] : null;
        return BootClient.From(request.OptionText(DhcpOption.VendorClass), isIpxe, features, architecture);
    }

    private async Task<DhcpDeparture?> DiscoverAsync(DhcpArrival arrival, Subnet subnet, uint via, BootAnswer boot, BootClient client, uint server, Machine? machine)
    {
        var request = arrival.Message;
        var call = new LeaseCall(LeaseAct.Discover, request.Mac, request.OptionAddress(DhcpOption.RequestedAddress), via);
        var answer = await GrainCalls.AskAsync(() => SubnetGrain(subnet).Handle(call));
        if (answer.Verdict != LeaseVerdict.Give) return Silent(request, answer.Reason, machine);
        if (machine is not null && client.Kind != ClientKind.None)
        {
            var kind = boot.Boots ? SightingKind.Discover : SightingKind.Script;
            await GrainCalls.AskAsync(() => MachineGrain(machine).Sighted(new Sighting(kind, "", client.Firmware, boot.Boots ? boot.File : "disk")));
        }

        var lease = Json.Read<Lease>(answer.LeaseJson!);
        Note(machine, request, client, $"OFFER {lease.Addr}", answer.Reason, boot);
        var reply = new DhcpReplies(catalog.Current).Lease(request, DhcpMessageType.Offer, lease, subnet, ReservationOf(answer), boot, server);
        return Depart(arrival, reply);
    }

    private async Task<DhcpDeparture?> RequestAsync(DhcpArrival arrival, Subnet subnet, uint via, BootAnswer boot, BootClient client, uint server, Machine? machine)
    {
        var request = arrival.Message;
        var chosen = request.OptionAddress(DhcpOption.ServerId);
        if (chosen != 0 && chosen != server && !arrival.InterfaceAddresses.Contains(chosen)) return Silent(request, $"chose server {IPv4.Format(chosen)}", machine);
        var wanted = request.OptionAddress(DhcpOption.RequestedAddress) is var asked and not 0 ? asked : request.ClientAddress;
        var answer = await GrainCalls.AskAsync(() => SubnetGrain(subnet).Handle(new LeaseCall(LeaseAct.Request, request.Mac, wanted, via)));
        switch (answer.Verdict)
        {
            case LeaseVerdict.Silence: return Silent(request, answer.Reason, machine);
            case LeaseVerdict.Refuse:
                Note(machine, request, client, "NAK", answer.Reason, boot);
                var nak = DhcpReplies.Nak(request, server);
                return request.RelayAddress != 0 ? Depart(arrival, nak) : new DhcpDeparture(nak, uint.MaxValue, options.Value.DhcpClientPort);
        }

        var lease = Json.Read<Lease>(answer.LeaseJson!);
        if (machine is not null) await GrainCalls.AskAsync(() => MachineGrain(machine).Sighted(new Sighting(SightingKind.Leased, lease.Addr, "", "")));
        Note(machine, request, client, $"ACK {lease.Addr}", answer.Reason, boot);
        var reply = new DhcpReplies(catalog.Current).Lease(request, DhcpMessageType.Ack, lease, subnet, ReservationOf(answer), boot, server);
        return Depart(arrival, reply);
    }

    private async Task<DhcpDeparture?> GiveBackAsync(LeaseAct act, DhcpMessage request, Subnet subnet, uint via, uint address, Machine? machine)
    {
        var answer = await GrainCalls.AskAsync(() => SubnetGrain(subnet).Handle(new LeaseCall(act, request.Mac, address, via)));
        timeline.Note(machine?.Uuid ?? "", request.Mac, "dhcp", act == LeaseAct.Release ? "RELEASE" : "DECLINE", answer.Reason, IPv4.Format(address));
        return null;
    }

    private DhcpDeparture? ProxyOffer(DhcpArrival arrival, Subnet subnet, BootAnswer boot, uint server, Machine? machine)
    {
        if (!boot.Boots || !subnet.Enabled) return Silent(arrival.Message, boot.Reasons[^1], machine);
        return Depart(arrival, new DhcpReplies(catalog.Current).Proxy(arrival.Message, DhcpMessageType.Offer, subnet, boot, server));
    }

    private DhcpDeparture? Binl(DhcpArrival arrival, Subnet subnet, BootAnswer boot, uint server, Machine? machine)
    {
        if (!boot.Boots || !subnet.Enabled) return Silent(arrival.Message, boot.Reasons[^1], machine);
        var reply = new DhcpReplies(catalog.Current).Proxy(arrival.Message, DhcpMessageType.Ack, subnet, boot, server);
        return new DhcpDeparture(reply, arrival.SourceAddress, arrival.SourcePort);
    }

    private DhcpDeparture Inform(DhcpArrival arrival, Subnet subnet, BootAnswer boot, uint server)
    {
        var reply = new DhcpReplies(catalog.Current).Lease(arrival.Message, DhcpMessageType.Ack, NoLease with { Addr = "0.0.0.0" }, subnet, null, boot, server);
        var withoutTimes = new DhcpMessage
        {
            Op = 2,
            TransactionId = reply.TransactionId,
            HardwareAddress = reply.HardwareAddress,
            HardwareType = reply.HardwareType,
            RelayAddress = reply.RelayAddress,
            Flags = reply.Flags,
            ClientAddress = arrival.Message.ClientAddress,
            ServerAddress = reply.ServerAddress,
            ServerName = reply.ServerName,
            File = reply.File,
            Options = [.. reply.Options.Where(o => o.Key is not (DhcpOption.LeaseTime or DhcpOption.RenewalTime or DhcpOption.RebindingTime))],
        };
        return new DhcpDeparture(withoutTimes, arrival.Message.ClientAddress, options.Value.DhcpClientPort);
    }

    private DhcpDeparture Depart(DhcpArrival arrival, DhcpMessage reply)
    {
        var request = arrival.Message;
        if (request.RelayAddress != 0) return new DhcpDeparture(reply, request.RelayAddress, options.Value.DhcpPort);
        if (request.ClientAddress != 0 && !request.WantsBroadcast) return new DhcpDeparture(reply, request.ClientAddress, options.Value.DhcpClientPort);
        return new DhcpDeparture(reply, uint.MaxValue, options.Value.DhcpClientPort);
    }

    private static IReadOnlyList<uint> Vias(DhcpArrival arrival, IReadOnlyDictionary<byte, byte[]> relayOptions)
    {
        if (relayOptions.TryGetValue(5, out var link) && link.Length == 4) return [System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(link)];
        return arrival.Message.RelayAddress != 0 ? [arrival.Message.RelayAddress] : arrival.InterfaceAddresses;
    }

    private DhcpDeparture? Silent(DhcpMessage request, string reason, Machine? machine = null)
    {
        timeline.Note(machine?.Uuid ?? "", request.Mac, "dhcp", request.Type.ToString().ToUpperInvariant(), "no answer", reason);
        return null;
    }

    private void Note(Machine? machine, DhcpMessage request, BootClient client, string outcome, string reason, BootAnswer boot)
    {
        var what = $"{request.Type.ToString().ToUpperInvariant()} from {(client.Kind == ClientKind.None ? "an operating system" : $"{client.Kind} ({client.Firmware})")}";
        var detail = client.Kind == ClientKind.None ? reason : $"{reason}; {string.Join("; ", boot.Reasons)}{(boot.Boots ? $"; boots {boot.File}" : "")}";
        timeline.Note(machine?.Uuid ?? "", request.Mac, "dhcp", what, outcome, detail);
    }

    private static Reservation? ReservationOf(LeaseAnswer answer) => answer.ReservationJson is null ? null : Json.Read<Reservation>(answer.ReservationJson);

    private ISubnetGrain SubnetGrain(Subnet subnet) => grains.GetGrain<ISubnetGrain>(GrainKeys.Subnet(subnet.Name));

    private IMachineGrain MachineGrain(Machine machine) => grains.GetGrain<IMachineGrain>(GrainKeys.Machine(machine.Uuid));
}
