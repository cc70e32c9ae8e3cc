using System.Collections.Concurrent;
using System.Net.NetworkInformation;
using Anvil.Protocols.Dhcp;
using Anvil.Provisioning.Network;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Anvil.Edge.Dhcp;

/// <summary>
/// Asks whether somebody uses an address that is about to be given: by ARP on a link of our own, by ICMP echo behind a relay
/// (RFC 2131 section 2.2). Addresses are probed before clients need them, so that no answer waits; only the REQUEST for an
/// address whose probe still runs does, for a fraction of a second.
/// </summary>
public sealed partial class AddressProber(IOptions<EdgeOptions> options, TimeProvider time, ILogger<AddressProber> logger)
    : BackgroundService
{
    private const int MostAtOnce = 512;
    private readonly ConcurrentDictionary<uint, Probe> _running = new();
    private readonly ConcurrentDictionary<string, EthernetSocket> _links = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>A probe under way: its answer, and its end, when the subnet knows.</summary>
    private sealed record Probe(string Client)
    {
        public TaskCompletionSource Answered { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>True when addresses on this way can be probed.</summary>
    public bool CanProbe(DhcpArrival arrival)
        => options.Value.ProbeMilliseconds > 0 && (arrival.Message.RelayAddress != 0 || _links.ContainsKey(arrival.Interface));

    /// <summary>Begins to probe an address, unless it is being probed, or too many are.</summary>
    /// <param name="arrival">The message that the address is for: its link or relay.</param>
    /// <param name="address">The address.</param>
    /// <param name="client">MAC address whose answer is no conflict: that client still has the address; "" for none.</param>
    /// <param name="report">Is told what was found.</param>
    public void Begin(DhcpArrival arrival, uint address, string client, Func<uint, bool, Task> report)
    {
        if (_running.Count >= MostAtOnce) return;
        var probe = new Probe(client);
        if (_running.TryAdd(address, probe)) _ = RunAsync(arrival, address, probe, report);
    }

    /// <summary>Waits for the end of an address's probe and its report, if one runs.</summary>
    public Task EndAsync(uint address) => _running.TryGetValue(address, out var probe) ? probe.Ended.Task : Task.CompletedTask;

    /// <inheritdoc/>
    public override void Dispose()
    {
        _stopping.Dispose();
        foreach (var link in _links.Values) link.Dispose();
        base.Dispose();
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.Value.ProbeMilliseconds == 0) return;
        var loops = new List<Task>();
        foreach (var name in EdgeInterfaces.Resolve(options.Value.Interfaces))
        {
            if (EthernetSocket.TryOpen(name, EthernetSocket.TypeArp, receives: true) is not { } link)
            {
                LogNoArp(name);
                continue;
            }

            _links[name] = link;
            loops.Add(ListenAsync(link, stoppingToken));
        }

        // Without any link there are still relays to ping behind.
        await Task.Delay(Timeout.InfiniteTimeSpan, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _stopping.CancelAsync();
        await Task.WhenAll(loops);
    }

    private async Task ListenAsync(EthernetSocket link, CancellationToken cancellation)
    {
        var buffer = new byte[256];
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                var length = await link.ReceiveAsync(buffer, cancellation);
                if (!ArpProbe.TryRead(buffer.AsSpan(0, length), out var address, out var sender)
                    || !_running.TryGetValue(address, out var probe)) continue;
                if (MacAddress.Format(sender) != probe.Client) probe.Answered.TrySetResult();
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (System.Net.Sockets.SocketException)
            {
                // The interface is down: it comes back, or the edge is set up anew.
                await Task.Delay(TimeSpan.FromSeconds(1), time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task RunAsync(DhcpArrival arrival, uint address, Probe probe, Func<uint, bool, Task> report)
    {
        var wait = TimeSpan.FromMilliseconds(options.Value.ProbeMilliseconds);
        try
        {
            bool inUse;
            if (arrival.Message.RelayAddress == 0 && _links.TryGetValue(arrival.Interface, out var link))
            {
                link.Send([255, 255, 255, 255, 255, 255], ArpProbe.Make(link.Address, address));
                await probe.Answered.Task.WaitAsync(wait, time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                inUse = probe.Answered.Task.IsCompleted;
            }
            else
            {
                using var ping = new Ping();
                var reply = await ping.SendPingAsync(IPv4.ToIPAddress(address), wait, cancellationToken: _stopping.Token);
                inUse = reply.Status == IPStatus.Success;
            }

            await report(address, inUse);
        }
        catch (Exception e)
        {
            LogFailed(e, IPv4.Format(address));
        }
        finally
        {
            _running.TryRemove(address, out _);
            probe.Ended.SetResult();
        }
    }

    [LoggerMessage(Level = LogLevel.Information,
        Message = "addresses on {Interface} are not probed by ARP: no Ethernet, or no right to packet sockets")]
    private partial void LogNoArp(string @interface);

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Address} could not be probed")]
    private partial void LogFailed(Exception exception, string address);
}
