using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Anvil.Contracts.Diagnostics;
using Anvil.Edge.BootHttp;
using Anvil.Edge.Dhcp;
using Anvil.Protocols.Tftp;
using Anvil.Templates;
using Anvil.Provisioning.Documents;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Anvil.Edge.Tftp;

/// <summary>
/// TFTP (RFC 1350, 2347, 2348, 2349, 7440), read-only. Every transfer has a socket of its own, and a slot: those under way
/// finish, and no client's requests keep the others' out (<see cref="TftpSlots"/>).
/// </summary>
public sealed partial class TftpServer(BootFileResolver files, RenderedMemory memory, IOptions<EdgeOptions> options, TimeProvider time,
    ILogger<TftpServer> logger) : BackgroundService
{
    /// <summary>Requests whose file is looked for at once: each asks grains.</summary>
    private const int MostResolving = 64;

    /// <summary>
    /// Requests of one source a second, and at once: an answer to one is longer than it, and the source may be made up. Beyond it, fewer
    /// are taken of clients that were turned away and have waited.
    /// </summary>
    private const int RequestsPerSecond = 32;
    private const int RequestsAtOnce = 256;
    private const int PatientPerSecond = 8;
    private const int PatientAtOnce = 64;
    private const int MostSources = 16_384;

    /// <summary>Octets of an error's text: no more than a request that brings it.</summary>
    private const int LongestError = 128;

    /// <summary>What a client is told whose place another one was given; shorter than its request.</summary>
    private const string Busy = "busy: try again";

    private readonly ConcurrentDictionary<IPEndPoint, Serving> _serving = new();
    private readonly TftpSlots _slots = new(Math.Max(1, options.Value.TftpTransfers), time);
    private readonly SemaphoreSlim _resolving = new(MostResolving);
    private readonly RateLimiter<IPAddress> _requests = new(RequestsPerSecond, RequestsAtOnce, MostSources, time);
    private readonly TftpPatience _patience = new(time);
    private readonly RateLimiter<IPAddress> _patient = new(PatientPerSecond, PatientAtOnce, MostSources, time);
    private readonly ConcurrentDictionary<TftpSlot, Serving> _bySlot = new();

    /// <summary>Answers to what is no request: one port's a second, and one address's, whatever its ports.</summary>
    private const int FaultsPerSecond = 8;
    private const int FaultsAtOnce = 64;
    private readonly RateLimiter<IPEndPoint> _faults = new(1, 1, MostSources, time);
    private readonly RateLimiter<IPAddress> _faulty = new(FaultsPerSecond, FaultsAtOnce, MostSources, time);

    /// <summary>A request that comes again as soon as this was doubled by the network, also where its first copy was answered.</summary>
    private static readonly TimeSpan DoubledWithin = TimeSpan.FromSeconds(1);

    /// <summary>What a called off transfer has to come to its end before the next one sends.</summary>
    private static readonly TimeSpan QuietTime = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(15);

    /// <summary>The log says of each kind of failure once in so much time: anybody can ask as often as he likes.</summary>
    private static readonly TimeSpan ToldEach = TimeSpan.FromMinutes(1);
    private const int MostTold = 64;
    private readonly Seldom _told = new(ToldEach, MostTold, time);

    private Socket? _socket;

    /// <summary>A silo that has started listens, and one that cannot does not start.</summary>
    /// <exception cref="IOException">The port is taken, or may not be had.</exception>
    public override Task StartAsync(CancellationToken cancellationToken)
    {
        if (options.Value.TftpPort == 0) return Task.CompletedTask;
        _socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            _socket.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.PacketInformation, true);
            _socket.Bind(new IPEndPoint(IPAddress.Any, options.Value.TftpPort));
        }
        catch (SocketException e)
        {
            throw new IOException($"Edge:TftpPort: TFTP cannot listen on port {options.Value.TftpPort}: {e.Message}", e);
        }

        LogListening(options.Value.TftpPort);
        return base.StartAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _socket?.Dispose();
        base.Dispose();
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var socket = _socket!;
        using var late = new CancellationTokenSource();
        var buffer = new byte[2048];
        while (!stoppingToken.IsCancellationRequested)
        {
            SocketReceiveMessageFromResult received;
            try
            {
                received = await socket.ReceiveMessageFromAsync(buffer, SocketFlags.None, new IPEndPoint(IPAddress.Any, 0), stoppingToken);
            }
            catch (OperationCanceledException)
            {
                break;
            }
            catch (SocketException)
            {
                continue;
            }

            var packet = buffer.AsMemory(0, received.ReceivedBytes);
            var (client, local) = ((IPEndPoint)received.RemoteEndPoint, received.PacketInformation.Address);
            if (client.Port == 0)
            {
                // Nobody is there to be answered (RFC 768).
                Dropped("no-port");
                continue;
            }

            if (TftpRequest.Read(packet.Span, out var fault) is { } request) Admit(request, packet.Span, client, local, late.Token);
            else Refuse(fault, client, local);
        }

        // Transfers under way finish, within bounds; a client that is cut off starts again, elsewhere.
        late.CancelAfter(DrainTime);
        foreach (var serving in _bySlot.Values.ToList()) await serving.Ended;
    }

    /// <summary>
    /// Tells who sent what is no request why it is none, so that it does not wait in vain: rarely, since its address may be made up.
    /// </summary>
    private void Refuse(TftpFault? fault, IPEndPoint client, IPAddress local)
    {
        Dropped(fault == TftpFault.Stray ? "stray" : "malformed");
        // RFC 1123 section 4.2.3.5: what was sent to everybody is not answered.
        if (fault is null || local.Equals(IPAddress.Broadcast) || local.GetAddressBytes()[0] >= 224) return;
        if (!_faults.TryTake(client) || !_faulty.TryTake(client.Address)) return;
        try
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { Blocking = false };
            socket.Bind(new IPEndPoint(local, 0));
            socket.SendTo(TftpPacket.Error(fault.Code, fault.Text), client);
        }
        catch (SocketException)
        {
            // It cannot be reached, or there is no room: as good as lost.
        }
    }

    private void Admit(TftpRequest request, ReadOnlySpan<byte> packet, IPEndPoint client, IPAddress local, CancellationToken cancellation)
    {
        if (_serving.TryGetValue(client, out var before) && (before.IsRepeatedBy(packet) || before.Beside?.IsRepeatedBy(packet) == true))
        {
            Dropped("duplicate");
            return;
        }

        if (!IsWithinRate(client))
        {
            Dropped("rate");
            return;
        }

        // A client has one transfer from one port: who asks for another file there, or in another way, has given the first one up. But
        // anybody can ask so in its name: what it has acknowledged goes on beside the other one, until it acknowledges that.
        var beside = before?.Acknowledged;
        if (before != beside) before?.Cancel();
        beside?.Transfer?.KeepStill();
        var slot = _slots.Take(client.Address, out var evicted, out var reason);
        if (slot is null)
        {
            Dropped(reason);
            return;
        }

        if (evicted is not null)
        {
            Dropped("evicted");
            if (_bySlot.TryGetValue(evicted, out var other)) other.Evict();
        }

        var serving = new Serving(CancellationTokenSource.CreateLinkedTokenSource(cancellation), slot, packet.ToArray(), time)
        {
            Beside = beside,
        };
        _serving[client] = serving;
        _bySlot[slot] = serving;
        serving.Ended = ServeAsync(serving, before == beside ? null : before, request, client, local, serving.Stop.Token);
    }

    private bool IsWithinRate(IPEndPoint client)
    {
        if (_requests.TryTake(client.Address)) return true;
        if (_patience.IsPatient(client) && _patient.TryTake(client.Address))
        {
            _patience.Served(client);
            return true;
        }

        _patience.TurnedAway(client);
        return false;
    }

    /// <summary>The client has acknowledged what it asked for last: that is what it wants.</summary>
    private void Proved(Serving serving)
    {
        _slots.Prove(serving.Slot);
        var given = serving.Beside;
        serving.Beside = null;
        given?.Cancel();
    }

    /// <summary>A transfer is over; where another one goes on beside it, its port is that one's again.</summary>
    private void Over(IPEndPoint client, Serving serving)
    {
        if (serving.Beside?.Acknowledged is not { } beside || !_serving.TryUpdate(client, beside, serving))
        {
            _serving.TryRemove(KeyValuePair.Create(client, serving));
            return;
        }

        // It may have ended meanwhile, before it was there to be taken out.
        if (beside.Acknowledged is null) _serving.TryRemove(KeyValuePair.Create(client, beside));
    }

    private async Task<ResolvedFile?> ResolveAsync(string file, IPEndPoint client, IPAddress local, CancellationToken cancellation)
    {
        await _resolving.WaitAsync(cancellation);
        try
        {
            return await files.ResolveAsync(file, client.Address, local, "tftp", isRead: true, cancellation);
        }
        finally
        {
            _resolving.Release();
        }
    }

    private async Task ServeAsync(Serving serving, Serving? before, TftpRequest request, IPEndPoint client, IPAddress local,
        CancellationToken cancellation)
    {
        try
        {
            // The next request is not kept waiting by this one's file.
            await Task.Yield();
            if (before is not null) await before.QuietAsync(cancellation);
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            socket.Bind(new IPEndPoint(local, 0));
            if (Refusal(request) is { } refusal)
            {
                await socket.SendToAsync(refusal, client, cancellation);
                return;
            }

            ResolvedFile? file;
            try
            {
                try
                {
                    file = await ResolveAsync(request.File, client, local, cancellation);
                }
                catch (FileElsewhereException e)
                {
                    // Others' files are not kept waiting by one that comes from another silo.
                    await files.ReadyAsync(e.Path, client.Address, isUdp: true, cancellation);
                    file = await ResolveAsync(request.File, client, local, cancellation);
                }
            }
            catch (RenderBusyException e)
            {
                Dropped("render-busy");
                await socket.SendToAsync(TftpPacket.Error(TftpError.Undefined, $"busy: {e.Message}"), client, cancellation);
                return;
            }
            catch (Exception e) when (e is RenderFailedException or FileElsewhereException)
            {
                await socket.SendToAsync(TftpPacket.Error(TftpError.Undefined,
                    e.Message.Length > LongestError ? e.Message[..LongestError] : e.Message), client, cancellation);
                return;
            }

            if (cancellation.IsCancellationRequested)
            {
                if (file is not null) await file.DisposeAsync();
                return;
            }

            if (file is null)
            {
                await socket.SendToAsync(TftpPacket.Error(TftpError.NotFound, "file not found"), client, cancellation);
                return;
            }

            await using var opened = file;
            var netascii = request.Mode == "netascii";
            try
            {
                await using var steady = file.OnDisk is { } onDisk ? SteadyFile.Of(onDisk) : file.Content();
                await using var content = netascii ? new NetasciiStream(steady) : steady;
                // How long a text is on its way is known at its end.
                var negotiated = TftpOptions.Negotiate(request.Options, netascii ? null : steady.Length, LargestBlock(client));
                serving.Transfer = new TftpTransfer(socket, client, negotiated, content, time, () => Proved(serving), serving.Slot.Pace);
                using var late = memory.Deadline(file.Rendered?.LongLength ?? 0, memory.TftpRate);
                using var ends = CancellationTokenSource.CreateLinkedTokenSource(cancellation, late.Token);
                long sent;
                serving.Slot.Begun(time.GetTimestamp(), () => serving.Transfer.HasUnread);
                try
                {
                    sent = await serving.Transfer.RunAsync(ends.Token);
                }
                catch (OperationCanceledException) when (serving.IsEvicted)
                {
                    // Who is there shall not acknowledge in vain to a port that is closed.
                    await socket.SendToAsync(TftpPacket.Error(TftpError.Undefined, Busy), client, CancellationToken.None);
                    throw;
                }
                catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
                {
                    throw new IOException($"the client takes less than {memory.TftpRate} octets of a large rendered file in a second", e);
                }

                files.NoteTransfer(file, client.Address, "tftp", request.File, $"{sent} octets");
            }
            catch (IOException e)
            {
                files.NoteTransfer(file, client.Address, "tftp", request.File, e.Message);
            }
            finally
            {
                serving.IsQuiet();
                if (serving.Transfer?.IsProven == true) await file.Proven();
            }
        }
        catch (OperationCanceledException)
        {
            // Shutting down, or another took its place: the client asks again.
        }
        catch (SocketException e) when (e.SocketErrorCode is not (SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable))
        {
            // Where a request says that it is from, nothing can be sent.
            Dropped("unreachable");
            LogUnreachable(e, PrintableText.Of(request.File), client.Address.ToString());
        }
        catch (Exception e)
        {
            Dropped("failed");
            if (_told.Tells(e.GetType().Name)) LogFailed(e, PrintableText.Of(request.File), client.Address.ToString());
        }
        finally
        {
            serving.IsQuiet();
            Over(client, serving);
            _bySlot.TryRemove(serving.Slot, out _);
            _slots.Release(serving.Slot);
            serving.Stop.Dispose();
        }
    }

    /// <summary>
    /// The largest block that goes to a client in one packet: what the system knows of the path's MTU, less the headers of IPv4, UDP and
    /// TFTP.
    /// </summary>
    private int LargestBlock(IPEndPoint client)
    {
        if (options.Value.TftpBlockSize > 0) return Math.Min(options.Value.TftpBlockSize, TftpOptions.LargestBlock);
        const int IpLevel = 0;
        const int IpMtu = 14;
        const int Headers = 20 + 8 + 4;
        if (!OperatingSystem.IsLinux()) return TftpOptions.EthernetBlock;
        try
        {
            using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            probe.Connect(client);
            Span<byte> mtu = stackalloc byte[4];
            probe.GetRawSocketOption(IpLevel, IpMtu, mtu);
            return Math.Min(BitConverter.ToInt32(mtu) - Headers, TftpOptions.LargestBlock);
        }
        catch (SocketException)
        {
            return TftpOptions.EthernetBlock;
        }
    }

    private static void Dropped(string reason) => AnvilDiagnostics.TftpDropped.Add(1, new KeyValuePair<string, object?>("reason", reason));

    private static byte[]? Refusal(TftpRequest request)
    {
        if (request.Opcode == TftpOpcode.Write) return TftpPacket.Error(TftpError.AccessViolation, "this server is read-only");
        return request.Mode is "octet" or "netascii" ? null : TftpPacket.Error(TftpError.IllegalOperation, "only octet and netascii");
    }

    /// <summary>A transfer under way, and how it is stopped.</summary>
    private sealed class Serving(CancellationTokenSource stop, TftpSlot slot, byte[] request, TimeProvider time)
    {
        private readonly TaskCompletionSource _quiet = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly long _began = time.GetTimestamp();

        public TftpSlot Slot { get; } = slot;

        public CancellationTokenSource Stop { get; } = stop;

        public TftpTransfer? Transfer { get; set; }

        /// <summary>What goes on beside it at the same port, as it was acknowledged, and this was not yet; null for nothing.</summary>
        public Serving? Beside { get; set; }

        /// <summary>This one, or the one beside it, where its client has acknowledged it and it goes on; null for neither.</summary>
        public Serving? Acknowledged => Transfer is { IsProven: true } && !_quiet.Task.IsCompleted ? this : Beside?.Acknowledged;

        public Task Ended { get; set; } = Task.CompletedTask;

        /// <summary>
        /// True for the same request once more, from the same port, that is no new one: the network doubles some, and a client repeats one
        /// that was not answered yet. A client that was answered begins anew with it, unless it comes so soon that the network doubled it;
        /// so does one that is not sent anything any more.
        /// </summary>
        public bool IsRepeatedBy(ReadOnlySpan<byte> packet)
            => packet.SequenceEqual(request) && !_quiet.Task.IsCompleted && Transfer is not { OnlyListens: true }
                && (Transfer is not { IsAnswered: true } || (!Transfer.HasSentAll && time.GetElapsedTime(_began) < DoubledWithin));

        /// <summary>Nothing more is sent for it.</summary>
        public void IsQuiet() => _quiet.TrySetResult();

        /// <summary>
        /// Waits until nothing more is sent for a transfer that was called off: its packets would be taken for those of the next one.
        /// What has not begun to send will not.
        /// </summary>
        public async Task QuietAsync(CancellationToken cancellation)
        {
            if (Transfer is null) return;
            try
            {
                await _quiet.Task.WaitAsync(QuietTime, time, cancellation);
            }
            catch (TimeoutException)
            {
                // It waits for a disk. The client keeps the two apart by their ports.
            }
        }

        /// <summary>Another one was given its place.</summary>
        public bool IsEvicted { get; private set; }

        public void Evict()
        {
            IsEvicted = true;
            Cancel();
        }

        public void Cancel()
        {
            try
            {
                Stop.Cancel();
            }
            catch (ObjectDisposedException)
            {
                // It ended meanwhile.
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "TFTP listens on port {Port}")]
    private partial void LogListening(int port);

    [LoggerMessage(Level = LogLevel.Debug, Message = "TFTP transfer of {File} to {Client} cannot reach it")]
    private partial void LogUnreachable(Exception exception, string file, string client);

    [LoggerMessage(Level = LogLevel.Error, Message = "TFTP transfer of {File} to {Client} failed")]
    private partial void LogFailed(Exception exception, string file, string client);
}
