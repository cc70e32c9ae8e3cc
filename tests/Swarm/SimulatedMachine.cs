using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace Anvil.Swarm;

/// <summary>
/// One machine as the network sees it: firmware by PXE, iPXE, Sledgehammer's agent, and the installed system, which keeps its lease.
/// What it runs is pretended; what it sends is real.
/// </summary>
public sealed class SimulatedMachine
{
    /// <summary>What a machine does when it has its boot environment local and boots its own disk.</summary>
    public const string AtRest = "at rest";

    private static readonly TimeSpan LoadPatience = TimeSpan.FromSeconds(120);
    private readonly SwarmState _swarm;
    private readonly DhcpClient _dhcp;
    private readonly string _mac;
    private readonly Dictionary<string, string> _accepted = new(StringComparer.Ordinal);

    /// <summary>The wait for what iPXE loads, which goes on when the machine boots anew.</summary>
    private SwarmWait? _loading;

    /// <summary>
    /// A machine; odd ones have UEFI. All ask for broadcast answers: they share an interface, which does not hear frames to their hardware
    /// addresses.
    /// </summary>
    public SimulatedMachine(SwarmState swarm, byte[] mac, int number)
    {
        _swarm = swarm;
        _dhcp = new DhcpClient(swarm, mac, number % 2 == 0 ? 0 : 7, broadcast: true);
        _mac = _dhcp.Mac;
        Do("off");
    }

    /// <summary>From power-on for as long as the swarm lasts.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            _swarm.Booted();
            if (await BootAsync(cancellation)) await LiveAsync(cancellation);
        }
    }

    /// <summary>One boot; true when it ended in the system on the machine's own disk.</summary>
    private async Task<bool> BootAsync(CancellationToken cancellation)
    {
        Do("firmware");
        if (await _dhcp.LeaseAsync(Speaker.Firmware, cancellation) is not { } first) return false;
        if (first.File.Length == 0) return true;
        Do("tftp");
        var began = _swarm.Now;
        try
        {
            await TftpFetch.GetAsync(first.YourAddress, first.NextServer, first.File, cancellation);
        }
        catch (IOException)
        {
            // The edge died under the transfer: firmware starts its boot anew.
            return false;
        }

        _swarm.Waited("TFTP", _swarm.Now - began);
        return await ChainAsync(cancellation);
    }

    /// <summary>
    /// iPXE: the script that DHCP names, and what that loads; when a step fails, DHCP is asked anew, as Anvil's script does. True: boot
    /// from disk.
    /// </summary>
    private async Task<bool> ChainAsync(CancellationToken cancellation)
    {
        var began = _swarm.Now;
        var loading = _loading ??= _swarm.Begin();
        for (var attempt = 0; ; attempt++)
        {
            Do("ipxe");
            if (attempt > 0) await Task.Delay(TimeSpan.FromSeconds(2), cancellation);
            if (await _dhcp.LeaseAsync(Speaker.Ipxe, cancellation) is not { } lease) return false;
            if (lease.File.Length == 0)
            {
                _loading = null;
                return true;
            }

            using var http = new MachineHttp(_swarm, lease.YourAddress);
            if (await LoadAsync(http, lease.File, cancellation) is { } config)
            {
                _swarm.Waited("iPXE", _swarm.Now - loading.Since);
                _loading = null;
                await AgentAsync(http, config, lease, cancellation);
                _swarm.Leases.Dropped(lease.YourAddress, _mac);
                return false;
            }

            if (_swarm.Now - began < LoadPatience) continue;
            if (!_swarm.IsTooLong(loading, LoadPatience)) return false;
            _swarm.GaveUp.Add(
                $"{_mac}: iPXE loaded nothing in {(_swarm.Now - loading.Since).TotalSeconds:F0} s, since turn {loading.Turn}, "
                    + $"from {lease.File}, at {_swarm.Now.TotalSeconds:F0} s");
            _loading = null;
            return false;
        }
    }

    private static async Task<string?> LoadAsync(MachineHttp http, string script, CancellationToken cancellation)
    {
        if (await http.TryFileAsync(script, keep: true, cancellation) is not { Length: > 0 } text) return null;
        string? config = null;
        var isOurs = true;
        foreach (var line in Encoding.UTF8.GetString(text).Split('\n'))
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            // The script jumps to the part of the machine's architecture.
            if (words is [[':', .. var label]]) isOurs = label != "arm64";
            if (!isOurs || words.Length < 2 || words[0] is not ("kernel" or "initrd")) continue;
            if (await http.TryFileAsync(words[1], keep: false, cancellation) is not { Length: > 0 }) return null;
            config ??= words.FirstOrDefault(w => w.StartsWith("anvil.config=", StringComparison.Ordinal))?["anvil.config=".Length..];
        }

        return config;
    }

    /// <summary>Sledgehammer's agent, until the machine is to boot something else.</summary>
    private async Task AgentAsync(MachineHttp http, string config, DhcpPacket lease, CancellationToken cancellation)
    {
        using var life = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var renewing = KeepAsync(lease, life.Token);
        try
        {
            Do("agent");
            string api = "", uuid = "", env = "";
            async Task<bool> ConfigureAsync()
            {
                if (await http.FileAsync(config, cancellation) is not { Length: > 0 } text) return false;
                var node = JsonNode.Parse(text)!;
                (api, uuid, env, http.Token) = ($"{node["Api"]}/api/v3", $"{node["Machine"]}", $"{node["BootEnv"]}", $"{node["Token"]}");
                return true;
            }

            if (!await ConfigureAsync()) return;
            if (uuid.Length == 0)
            {
                var machine = new JsonObject
                {
                    ["Name"] = "d" + _mac.Replace(':', '-'),
                    ["Arch"] = "amd64",
                    ["HardwareAddrs"] = new JsonArray(_mac),
                    ["Address"] = lease.YourAddress.ToString()
                };
                var (status, made) = await http.CallAsync(HttpMethod.Post, $"{api}/machines", machine, cancellation);
                if (status == HttpStatusCode.Created) _swarm.Uuids[_mac] = made!["Uuid"]!.ToString();
                if (!await ConfigureAsync() || uuid.Length == 0) return;
                if (_swarm.Uuids.TryGetValue(_mac, out var told) && told != uuid)
                    _swarm.Lost.Add($"{_mac} was registered as {told} and is {uuid} now");
            }

            _swarm.Uuids[_mac] = uuid;
            await http.CallAsync(HttpMethod.Patch, $"{api}/machines/{uuid}", new JsonArray(Set("/Runnable", true)), cancellation);
            Do("tasks");
            for (var turn = 0; turn < 60; turn++)
            {
                var (found, document) = await http.CallAsync(HttpMethod.Get, $"{api}/machines/{uuid}", null, cancellation);
                if (found is HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized)
                {
                    if (!await ConfigureAsync()) return;
                    continue;
                }

                if (found != HttpStatusCode.OK)
                {
                    _swarm.Lost.Add($"{_mac}: machine {uuid} is gone: {(int)found}");
                    return;
                }

                foreach (var (name, value) in _accepted.Where(a => document!["Params"]?[a.Key]?.ToString() != a.Value))
                    _swarm.Lost.Add($"{_mac}: param {name} was accepted as {value} and is {document!["Params"]?[name]}");
                if (document!["BootEnv"]!.ToString() != env) return;
                await TurnAsync(http, api, uuid, document, turn, cancellation);
            }
        }
        finally
        {
            await life.CancelAsync();
            await renewing;
        }
    }

    private async Task TurnAsync(MachineHttp http, string api, string uuid, JsonNode document, int turn, CancellationToken cancellation)
    {
        // A change of its own with each turn: once accepted it must be there ever after.
        var name = $"swarm-{turn}";
        if (_accepted.Count < 3)
        {
            var (set, _) = await http.CallAsync(HttpMethod.Patch, $"{api}/machines/{uuid}",
                new JsonArray(Set($"/Params/{name}", $"{_mac}-{turn}")), cancellation);
            if (set == HttpStatusCode.OK) _accepted[name] = $"{_mac}-{turn}";
            _swarm.Accepted[_mac] = _accepted.ToDictionary(StringComparer.Ordinal);
        }

        var (status, job) = await http.CallAsync(HttpMethod.Post, $"{api}/jobs", new JsonObject { ["Machine"] = uuid }, cancellation);
        if (status is HttpStatusCode.Created or HttpStatusCode.Accepted)
        {
            var url = $"{api}/jobs/{job!["Uuid"]}";
            await http.CallAsync(HttpMethod.Patch, url, new JsonArray(Set("/State", "running")), cancellation);
            await http.CallAsync(HttpMethod.Get, url + "/actions?os=linux", null, cancellation);
            await http.LogAsync(url + "/log", $"{_mac} ran {job["Task"]}\n", cancellation);
            await http.CallAsync(HttpMethod.Patch, url, new JsonArray(Set("/State", "finished"), Set("/ExitState", "complete")),
                cancellation);
        }
        else if (status != HttpStatusCode.NoContent && document["CurrentJob"]?.ToString() is { Length: > 0 } current)
        {
            // The server took a change whose answer was lost: the agent's way out is the same.
            await http.CallAsync(HttpMethod.Patch, $"{api}/jobs/{current}",
                new JsonArray(Set("/State", "incomplete"), Set("/ExitState", "complete")), cancellation);
            await Task.Delay(500, cancellation);
        }
    }

    /// <summary>The installed system: takes a lease and keeps it.</summary>
    private async Task LiveAsync(CancellationToken cancellation)
    {
        Do("system");
        while (!cancellation.IsCancellationRequested)
        {
            if (await _dhcp.LeaseAsync(Speaker.System, cancellation) is not { } lease) continue;
            Do(AtRest);
            await KeepAsync(lease, cancellation);
        }
    }

    /// <summary>Renews at half time until cancelled, or until the lease was lost.</summary>
    private async Task KeepAsync(DhcpPacket lease, CancellationToken cancellation)
    {
        try
        {
            var current = lease;
            while (true)
            {
                var life = TimeSpan.FromSeconds(current.LeaseSeconds);
                await Task.Delay(life / 2, cancellation);
                var waiting = _swarm.Begin();
                if (await _dhcp.RenewAsync(current, life / 2, cancellation) is not { } renewed)
                {
                    if (_swarm.IsTooLong(waiting, life / 2))
                        _swarm.GaveUp.Add($"{_mac}: {current.YourAddress} was not renewed in time, at {_swarm.Now.TotalSeconds:F0} s");
                    return;
                }

                current = renewed;
            }
        }
        catch (OperationCanceledException)
        {
            // The machine reboots, or the swarm ends.
        }
    }

    private void Do(string what) => _swarm.Doing[_mac] = what;

    private static JsonObject Set(string path, JsonNode value) => new() { ["op"] = "add", ["path"] = path, ["value"] = value };
}
