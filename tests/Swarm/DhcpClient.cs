using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace Anvil.Swarm;

/// <summary>Who speaks DHCP on a machine.</summary>
public enum Speaker
{
    /// <summary>The firmware's PXE ROM.</summary>
    Firmware,

    /// <summary>iPXE, which the firmware loaded.</summary>
    Ipxe,

    /// <summary>An operating system.</summary>
    System,
}

/// <summary>DHCP of one machine, with the waiting times of firmware: 4, 8, 16 and 32 s, and then it gives up.</summary>
public sealed class DhcpClient(SwarmState swarm, byte[] mac, int architecture, bool broadcast)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan[] Waits = [TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(8), TimeSpan.FromSeconds(16),
        TimeSpan.FromSeconds(32)];

    /// <summary>The wait for a lease, which goes on when firmware gives up and boots anew.</summary>
    private SwarmWait? _waiting;

    /// <summary>The machine's MAC address as text.</summary>
    public string Mac { get; } = string.Join(':', mac.Select(b => b.ToString("x2", System.Globalization.CultureInfo.InvariantCulture)));

    /// <summary>From DISCOVER to ACK; null when the client gave up.</summary>
    public async Task<DhcpPacket?> LeaseAsync(Speaker speaker, CancellationToken cancellation)
    {
        var began = swarm.Now;
        var waiting = _waiting ??= swarm.Begin();
        // A NAK, or a server that died in between, sends the client back to DISCOVER; its patience is one.
        while (swarm.Now - began < Patience)
        {
            var transaction = BinaryPrimitives.ReadUInt32BigEndian(RandomNumberGenerator.GetBytes(4));
            try
            {
                if (await AskAsync(transaction, Make(transaction, DhcpPacket.Discover, speaker, null, null), DhcpPacket.Offer, Waits,
                    cancellation) is not { } offer) break;
                // A client asks four times for what it was offered before it starts again.
                var sent = swarm.Now;
                var ack = await AskAsync(transaction, Make(transaction, DhcpPacket.Request, speaker, offer.YourAddress, offer.ServerId),
                    DhcpPacket.Ack, Waits[..2], cancellation);
                if (ack is null) continue;
                swarm.Leases.Held(ack.YourAddress, Mac, swarm.Now, sent + TimeSpan.FromSeconds(ack.LeaseSeconds));
                swarm.Waited($"DHCP of {speaker}", swarm.Now - waiting.Since);
                _waiting = null;
                return ack;
            }
            finally
            {
                swarm.Port.Forget(transaction);
            }
        }

        if (!swarm.IsTooLong(waiting, Patience)) return null;
        swarm.GaveUp.Add(
            $"{Mac}: {speaker} got no lease in {(swarm.Now - waiting.Since).TotalSeconds:F0} s, since turn {waiting.Turn}, "
                + $"at {swarm.Now.TotalSeconds:F0} s");
        _waiting = null;
        return null;
    }

    /// <summary>Every offer that comes in time upon one DISCOVER; with a number of servers, until so many have made one.</summary>
    public async Task<IReadOnlyList<DhcpPacket>> OffersAsync(Speaker speaker, TimeSpan time, int servers, CancellationToken cancellation)
    {
        var transaction = BinaryPrimitives.ReadUInt32BigEndian(RandomNumberGenerator.GetBytes(4));
        var answers = swarm.Port.Listen(transaction);
        await swarm.Port.BroadcastAsync(Make(transaction, DhcpPacket.Discover, speaker, null, null), cancellation);
        var offers = new List<DhcpPacket>();
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(time);
        try
        {
            while (servers == 0 || offers.Select(o => o.ServerId).Distinct().Count() < servers)
                offers.Add(await answers.ReadAsync(patience.Token));
            return offers;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return offers;
        }
    }

    /// <summary>The first offer upon one DISCOVER; null when none comes in time.</summary>
    public async Task<DhcpPacket?> FirstOfferAsync(Speaker speaker, TimeSpan time, CancellationToken cancellation)
    {
        var transaction = BinaryPrimitives.ReadUInt32BigEndian(RandomNumberGenerator.GetBytes(4));
        try
        {
            return await AskAsync(transaction, Make(transaction, DhcpPacket.Discover, speaker, null, null), DhcpPacket.Offer, [time],
                cancellation);
        }
        finally
        {
            swarm.Port.Forget(transaction);
        }
    }

    /// <summary>
    /// Renews a lease: by unicast to its server, then by broadcast to any (RFC 2131 section 4.4.5). Null when nobody renewed it in time.
    /// </summary>
    public async Task<DhcpPacket?> RenewAsync(DhcpPacket lease, TimeSpan patience, CancellationToken cancellation,
        bool unicastOnly = false)
    {
        var until = swarm.Now + patience;
        var unicast = true;
        while (swarm.Now < until)
        {
            var transaction = BinaryPrimitives.ReadUInt32BigEndian(RandomNumberGenerator.GetBytes(4));
            try
            {
                var sent = swarm.Now;
                var request = Make(transaction, DhcpPacket.Request, Speaker.System, null, null, lease.YourAddress);
                var answer = unicast ? await UnicastAsync(request, lease, cancellation)
                    : await AskAsync(transaction, request, DhcpPacket.Ack, [TimeSpan.FromSeconds(4)], cancellation);
                unicast = unicastOnly || !unicast;
                if (answer is null)
                {
                    // A refusal comes at once.
                    if (unicastOnly) await Task.Delay(500, cancellation);
                    continue;
                }

                swarm.Leases.Held(answer.YourAddress, Mac, swarm.Now, sent + TimeSpan.FromSeconds(answer.LeaseSeconds));
                swarm.Renewed();
                return answer;
            }
            finally
            {
                swarm.Port.Forget(transaction);
            }
        }

        return null;
    }

    private async Task<DhcpPacket?> UnicastAsync(DhcpPacket request, DhcpPacket lease, CancellationToken cancellation)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        socket.Bind(new IPEndPoint(lease.YourAddress, 68));
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(Waits[0]);
        try
        {
            await socket.SendToAsync(request.ToBytes(), new IPEndPoint(lease.ServerId, 67), patience.Token);
            var buffer = new byte[2048];
            while (true)
            {
                var received = await socket.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0), patience.Token);
                if (DhcpPacket.Parse(buffer.AsSpan(0, received.ReceivedBytes)) is { } answer
                    && answer.TransactionId == request.TransactionId) return answer.Type == DhcpPacket.Ack ? answer : null;
            }
        }
        catch (Exception e) when (e is SocketException || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            return null;
        }
    }

    private async Task<DhcpPacket?> AskAsync(uint transaction, DhcpPacket packet, byte wanted, TimeSpan[] waits,
        CancellationToken cancellation)
    {
        var answers = swarm.Port.Listen(transaction);
        foreach (var wait in waits)
        {
            await swarm.Port.BroadcastAsync(packet, cancellation);
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            patience.CancelAfter(wait);
            try
            {
                while (true)
                {
                    var answer = await answers.ReadAsync(patience.Token);
                    if (answer.Type == wanted) return answer;
                    if (answer.Type == DhcpPacket.Nak && wanted == DhcpPacket.Ack) return null;
                }
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                // Asks again.
            }
        }

        return null;
    }

    private DhcpPacket Make(uint transaction, byte type, Speaker speaker, IPAddress? requested, IPAddress? server, IPAddress? own = null)
    {
        var options = new Dictionary<byte, byte[]> { [53] = [type], [55] = [1, 3, 6, 12, 15, 43, 51, 54, 60, 66, 67, 128, 129] };
        if (requested is not null) options[50] = requested.GetAddressBytes();
        if (server is not null) options[54] = server.GetAddressBytes();
        if (speaker != Speaker.System)
        {
            options[60] = Encoding.ASCII.GetBytes($"PXEClient:Arch:{architecture:d5}:UNDI:003001");
            options[93] = [0, (byte)architecture];
            options[94] = [1, 3, 1];
            options[97] = [0, .. new byte[10], .. mac];
        }

        if (speaker == Speaker.Ipxe)
        {
            options[77] = "iPXE"u8.ToArray();
            // iPXE says what it can: HTTP (19), EFI or PXE, menus, bzImage or EFI images.
            options[175] = architecture == 0 ? [19, 1, 1, 24, 1, 1, 33, 1, 1, 39, 1, 1] : [19, 1, 1, 36, 1, 1, 39, 1, 1];
        }

        return new DhcpPacket
        {
            TransactionId = transaction,
            Mac = mac,
            Broadcast = broadcast && own is null,
            ClientAddress = own ?? IPAddress.Any,
            Options = options
        };
    }
}
