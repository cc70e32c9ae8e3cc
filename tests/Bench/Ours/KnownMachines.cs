using System.Text.Json.Nodes;
using Anvil.Support;

namespace Anvil.Bench.Ours;

/// <summary>
/// Data folders with many machines, made once in a run of the bench and copied for each silo: defined ones, and the same once each has
/// been given its address.
/// </summary>
internal sealed class KnownMachines(BenchOptions options) : IDisposable
{
    private const int LeaseRate = 150;
    private readonly string _folder = Path.Combine(options.Folder, "machines");
    private string? _defined;
    private string? _leased;
    private List<(IPAddress Address, string Mac)> _addresses = [];

    /// <summary>How many.</summary>
    public int Count => options.Machines;

    /// <summary>Data with machines that were never seen; their MAC addresses are the first of perfdhcp's.</summary>
    public async Task<string> DefinedAsync(CancellationToken cancellation)
    {
        if (_defined is not null) return _defined;
        await Console.Error.WriteLineAsync($"defines {Count} machines");
        using var link = new Link();
        await using var silo = new SiloService(link.Server, _folder, SiloService.NoProbe);
        await silo.StartAsync(cancellation);
        await silo.AddSubnetAsync(cancellation);
        using var http = await silo.ApiAsync(cancellation);
        // Debian's installer has no mirror of its own.
        await Api.SendAsync(http, "PATCH", "profiles/global",
            $$"""[{"op":"add","path":"/Params/debian~1mirror","value":"http://{{Link.ServerAddress}}/debian"}]""", cancellation);
        await Api.RunAsync(http, null, 8, Count, i => ("POST", "machines", Body(i)), cancellation);
        return _defined = await KeepAsync(silo, "defined");
    }

    /// <summary>The same, each with a lease of four hours.</summary>
    public async Task<(string Data, IReadOnlyList<(IPAddress Address, string Mac)> Machines)> LeasedAsync(CancellationToken cancellation)
    {
        if (_leased is not null) return (_leased, _addresses);
        var defined = await DefinedAsync(cancellation);
        await Console.Error.WriteLineAsync($"gives {Count} machines their addresses");
        using var link = new Link();
        await using var silo = new SiloService(link.Server, _folder, SiloService.NoProbe, defined);
        await silo.StartAsync(cancellation);
        var perf = new PerfDhcp(link);
        using var http = await silo.ApiAsync(cancellation);
        for (var tries = 0; tries < 4; tries++)
        {
            await perf.RunAsync(silo, LeaseRate << tries, (double)Count / (LeaseRate << tries), PerfDhcp.FirstMac, Count, true, false,
                cancellation);
            var leases = JsonNode.Parse(await Api.SendAsync(http, "GET", "leases", null, cancellation))!.AsArray();
            _addresses = leases.Select(l => (IPAddress.Parse($"{l!["Addr"]}"), $"{l["Token"]}".ToLowerInvariant())).ToList();
            if (_addresses.Count >= Count) return (_leased = await KeepAsync(silo, "leased"), _addresses);
        }

        throw new SetupException($"only {_addresses.Count} of {Count} machines have an address");
    }

    /// <summary>MAC addresses of the machines.</summary>
    public IReadOnlyList<string> Macs() => Enumerable.Range(0, Count).Select(i => PerfDhcp.Mac(PerfDhcp.FirstMac + (ulong)i)).ToList();

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Directory.Exists(_folder)) Directory.Delete(_folder, recursive: true);
    }

    /// <summary>UUID of the machine with a MAC address.</summary>
    public static string Uuid(string mac) => $"00000000-0000-4000-8000-{mac.Replace(":", "", StringComparison.Ordinal)}";

    private static string Body(int i)
    {
        var mac = PerfDhcp.Mac(PerfDhcp.FirstMac + (ulong)i);
        return $$"""
            {"Name":"m{{i:00000}}","Uuid":"{{Uuid(mac)}}","HardwareAddrs":["{{mac}}"],
            "BootEnv":"debian-12-install","Arch":"amd64"}
            """;
    }

    private async Task<string> KeepAsync(SiloService silo, string name)
    {
        await silo.StopAsync();
        var kept = Path.Combine(_folder, name);
        Directory.Move(silo.DataFolder, kept);
        return kept;
    }
}
