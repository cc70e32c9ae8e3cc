using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Lists;
using Anvil.Provisioning.Network;

namespace Anvil.Silo.Tests.Killed;

/// <summary>
/// DHCP clients behind a relay on loopback: each takes a lease, renews it, every third gives it back, and of every third a person deletes
/// it.
/// </summary>
internal sealed class LeaseWriter(KillRun run, int client) : IKillWriter, IDisposable
{
    private const byte Discover = 1;
    private const byte Offer = 2;
    private const byte Request = 3;
    private const byte Ack = 5;
    private const byte Release = 7;
    private static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(2);
    private readonly Socket _socket = Bound();
    private readonly Dictionary<string, string> _held = new(StringComparer.Ordinal);
    private readonly HashSet<string> _released = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _deleted = new(StringComparer.Ordinal);
    private (string Mac, string Address)? _deletion;
    private int _number;
    private byte[] _address = new byte[4];
    private byte _pending;
    private bool _isRenewal;

    /// <inheritdoc/>
    public string Kind => "leases";

    /// <inheritdoc/>
    public int Confirmed { get; private set; }

    /// <inheritdoc/>
    public string UnderWay => _deletion is not null ? $"{Kind} delete" : _pending == 0 ? ""
        : $"{Kind} {(_pending == Discover ? "offer" : _isRenewal ? "renewal" : "ack")}";

    /// <inheritdoc/>
    public async Task StepAsync()
    {
        if (await AskAsync(Discover, [], Offer) is not { } offer) return;
        byte[] wanted = [50, 4, .. offer.Address, 54, 4, .. offer.Server];
        if (await AskAsync(Request, wanted, Ack) is not { } ack) return;
        Confirm(ack.Address);
        _isRenewal = true;
        _address = ack.Address;
        var renewed = await AskAsync(Request, [], Ack);
        if (renewed is null) return;
        _isRenewal = false;
        Confirm(renewed.Value.Address);
        if (_number % 3 == 1)
        {
            var address = new IPAddress(renewed.Value.Address).ToString();
            _deletion = (Mac(_number), address);
            if (await run.AskAsync("DELETE", $"leases/{address}") is not var (status, body)) return;
            Assert.True(status == 200, $"{UnderWay} {address}: {status} {body?.ToJsonString()}");
            Deleted();
            Confirmed++;
            run.Confirmed();
        }
        else if (_number % 3 == 2)
        {
            // It has no answer: whether it was heard, the next look tells.
            _released.Add(Mac(_number));
            await SendAsync(Release, [54, 4, .. offer.Server]);
        }

        Next();
    }

    /// <inheritdoc/>
    public async Task CheckAsync()
    {
        var leases = (await run.Leases.PageAsync(new ListQuery(CatalogFields.Leases), CancellationToken.None)).Rows
            .ToDictionary(l => l.Addr, StringComparer.Ordinal);
        var holds = (await run.Leases.HistoryAsync(null, CancellationToken.None)).ToLookup(h => h.Addr, StringComparer.Ordinal);
        if (_deletion is var (deleted, at))
        {
            if (leases.GetValueOrDefault(at)?.Token != deleted) Deleted();
            _deletion = null;
            Next();
        }

        // Another client may have the address by now, and have lost it as well.
        foreach (var (address, times) in _deleted)
        {
            var told = run.Told("leases", IPv4.Hex(IPv4.Parse(address)));
            Assert.All(told, action => Assert.Equal("delete", action));
            Assert.True(told.Count >= times, $"{address} was deleted {times} times, and {told.Count} are told");
        }

        foreach (var (mac, address) in _held)
        {
            var lease = leases[address];
            var shown = (await run.ReadAsync($"leases/{address}"))!;
            Assert.Equal((mac, lease.State), (shown["Token"]!.ToString(), shown["State"]!.ToString()));
            Assert.Equal(mac, lease.Token);
            Assert.True(lease.State == "ACK" || (lease.State == "EXPIRED" && _released.Contains(mac)),
                $"{address} of {mac} is {lease.State}");
        }

        // A row that says ACK has one holding that is open and says the same; every other row has none.
        foreach (var lease in leases.Values)
        {
            var open = holds[lease.Addr].Where(h => h.Ended is null).ToList();
            if (lease.State != "ACK") Assert.Empty(open);
            else Assert.Equal((lease.Token, lease.ExpireTime.ToUnixTimeSeconds()),
                (Assert.Single(open).Token, open[0].Expires.ToUnixTimeSeconds()));
        }

        Assert.All(holds.SelectMany(h => h).Where(h => h.Ended is null),
            h => Assert.True(leases.ContainsKey(h.Addr), $"{h.Addr} is held, and has no lease"));
        // A client that was not answered begins anew, as another one.
        if (_pending != 0) Next();
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    private void Confirm(byte[] address)
    {
        _held[Mac(_number)] = new IPAddress(address).ToString();
        Confirmed++;
        run.Confirmed();
    }

    private void Deleted()
    {
        var (mac, address) = _deletion!.Value;
        _held.Remove(mac);
        _deleted[address] = _deleted.GetValueOrDefault(address) + 1;
        _deletion = null;
    }

    private void Next()
    {
        (_number, _address, _pending, _isRenewal) = (_number + 1, new byte[4], 0, false);
    }

    /// <summary>Asks until it is answered; null when the silo died.</summary>
    private async Task<(byte[] Address, byte[] Server)?> AskAsync(byte type, byte[] options, byte wanted)
    {
        _pending = type;
        while (!run.IsOver)
        {
            await SendAsync(type, options);
            using var patience = new CancellationTokenSource(AskAgain);
            try
            {
                var buffer = new byte[2048];
                while (true)
                {
                    var length = await _socket.ReceiveAsync(buffer, patience.Token);
                    // Answers to what was asked twice, or by the client before, may still come.
                    if (length < 240 || BinaryPrimitives.ReadInt32BigEndian(buffer.AsSpan(4)) != (type << 16 | _number)) continue;
                    if (Find(buffer.AsSpan(240, length - 240), 53) is not [var got] || got != wanted) continue;
                    _pending = 0;
                    return (buffer[16..20], Find(buffer.AsSpan(240, length - 240), 54)!);
                }
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException)
            {
                // Not answered in time, or nobody listens any more.
            }
        }

        return null;
    }

    private async Task SendAsync(byte type, byte[] options)
    {
        var packet = new byte[240];
        (packet[0], packet[1], packet[2]) = (1, 1, 6);
        BinaryPrimitives.WriteInt32BigEndian(packet.AsSpan(4), type << 16 | _number);
        _address.CopyTo(packet, 12);
        IPAddress.Loopback.GetAddressBytes().CopyTo(packet, 24);
        Convert.FromHexString(Mac(_number).Replace(":", "", StringComparison.Ordinal)).CopyTo(packet, 28);
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(236), 0x63825363);
        // The relay names the client's link (RFC 3527) and wants its answers at the port that it asks from (RFC 8357).
        byte[] all = [.. packet, 53, 1, type, .. options, 82, 8, 5, 4, 10, 60, 0, 1, 19, 0, 255];
        await _socket.SendToAsync(all, new IPEndPoint(IPAddress.Loopback, run.Silo.DhcpPort));
    }

    private static byte[]? Find(ReadOnlySpan<byte> options, byte wanted)
    {
        for (var at = 0; at + 1 < options.Length && options[at] != 255; at += 2 + options[at + 1])
        {
            if (options[at] == wanted) return options.Slice(at + 2, options[at + 1]).ToArray();
        }

        return null;
    }

    private static Socket Bound()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket;
    }

    private string Mac(int number) => $"02:0e:00:{client:x2}:{number >> 8:x2}:{number & 255:x2}";
}
