using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Text.Json;

namespace Anvil.Swarm;

/// <summary>Commands with one client: what it got, as a JSON array on standard output.</summary>
internal static class Probes
{
    private static readonly Option<string> Interface = new("--interface") { Description = "The interface", Required = true };
    private static readonly Option<string> Mac = new("--mac") { Description = "The client's MAC address", Required = true };
    private static readonly Option<bool> Pxe = new("--pxe") { Description = "It is a PXE firmware" };
    private static readonly Option<bool> Ipxe = new("--ipxe") { Description = "It is iPXE" };
    private static readonly Option<string> Address = new("--address") { Description = "The address to renew", Required = true };
    private static readonly Option<string> Server = new("--server") { Description = "The server to renew at", Required = true };

    private static readonly Option<int> Servers =
        new("--servers") { Description = "Wait for so many servers' offers, three minutes at most; 0: for every offer of 3 seconds" };

    public static IEnumerable<Command> All()
    {
        var offers = new Command("offers", "Sends one DISCOVER and shows the offers that come") { Interface, Mac, Pxe, Ipxe, Servers };
        offers.SetAction((parsed, cancellation) =>
        {
            var servers = parsed.GetValue(Servers);
            return RunAsync(parsed,
                (client, speaker) => client.OffersAsync(speaker, TimeSpan.FromSeconds(servers == 0 ? 3 : 180), servers, cancellation),
                cancellation);
        });
        var lease = new Command("lease", "Takes a lease") { Interface, Mac, Pxe, Ipxe };
        lease.SetAction(
            (parsed, cancellation) =>
                RunAsync(parsed, async (client, speaker) => await client.LeaseAsync(speaker, cancellation) is { } ack ? [ack] : [],
                    cancellation));
        var renew = new Command("renew", "Renews a lease by unicast; asks again for at most a minute") { Interface, Mac, Address, Server };
        renew.SetAction((parsed, cancellation) => RunAsync(
            parsed,
            async (client, _) =>
            {
                var held = new DhcpPacket
                {
                    YourAddress = IPAddress.Parse(parsed.GetRequiredValue(Address)),
                    Options = new() { [54] = IPAddress.Parse(parsed.GetRequiredValue(Server)).GetAddressBytes() }
                };
                return await client.RenewAsync(held, TimeSpan.FromMinutes(1), cancellation, unicastOnly: true) is { } ack ? [ack] : [];
            }, cancellation));
        var file = new Option<string>("--expect") { Description = "File of lines: MAC address, boot file, address", Required = true };
        var known = new Command("known",
            "Sends one DISCOVER for each machine of a file, and compares the first offer with what the file says") { Interface, file };
        known.SetAction(
            (parsed, cancellation) => KnownAsync(parsed.GetRequiredValue(Interface), parsed.GetRequiredValue(file), cancellation));
        return [offers, lease, renew, known];
    }

    private static async Task<int> KnownAsync(string name, string file, CancellationToken cancellation)
    {
        const int AtOnce = 64;
        using var port = new DhcpPort(name);
        var swarm = new SwarmState(port);
        _ = port.RunAsync(cancellation);
        var wrong = new System.Collections.Concurrent.ConcurrentQueue<string>();
        var right = 0;
        await Parallel.ForEachAsync(await File.ReadAllLinesAsync(file, cancellation),
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation }, async (line, end) =>
        {
            var expected = line.Split(' ');
            var client = new DhcpClient(swarm, Octets(expected[0]), architecture: 0, broadcast: true);
            var offer = await client.FirstOfferAsync(Speaker.Firmware, TimeSpan.FromMinutes(3), end);
            if (offer is not null && offer.File == expected[1] && offer.YourAddress.ToString() == expected[2])
                Interlocked.Increment(ref right);
            else wrong.Enqueue($"{line}: {(offer is null ? "no offer" : $"{offer.File} {offer.YourAddress}")}");
        });
        Console.WriteLine(JsonSerializer.Serialize(new { Right = right, Wrong = wrong.Take(20), Seconds = swarm.Now.TotalSeconds }));
        return 0;
    }

    /// <summary>The octets of a MAC address.</summary>
    internal static byte[] Octets(string mac)
        => [.. mac.Split(':').Select(o => byte.Parse(o, NumberStyles.HexNumber, CultureInfo.InvariantCulture))];

    private static async Task<int> RunAsync(ParseResult parsed, Func<DhcpClient, Speaker, Task<IReadOnlyList<DhcpPacket>>> act,
        CancellationToken cancellation)
    {
        using var port = new DhcpPort(parsed.GetRequiredValue(Interface));
        var mac = Octets(parsed.GetRequiredValue(Mac));
        var client = new DhcpClient(new SwarmState(port), mac, architecture: 0, broadcast: true);
        _ = port.RunAsync(cancellation);
        var speaker = parsed.GetValue(Ipxe) ? Speaker.Ipxe : parsed.GetValue(Pxe) ? Speaker.Firmware : Speaker.System;
        var answers = await act(client, speaker);
        Console.WriteLine(
            JsonSerializer.Serialize(
                answers.Select(a =>
                    new
                    {
                        Address = a.YourAddress.ToString(),
                        Server = a.ServerId.ToString(),
                        a.File,
                        Next = a.NextServer.ToString(),
                        Seconds = a.LeaseSeconds
                    })));
        return 0;
    }
}
