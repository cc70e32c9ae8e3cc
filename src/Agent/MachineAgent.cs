using System.Net;
using System.Text.Json.Nodes;
using Anvil.Agent.Facts;
using Anvil.Agent.Jobs;

namespace Anvil.Agent;

/// <summary>
/// The agent's life: read the configuration, register if unknown, then run the machine's jobs until told to boot something else.
/// </summary>
public sealed class MachineAgent(Terminal terminal) : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);
    private readonly HttpClient _files = new() { Timeout = TimeSpan.FromSeconds(20) };
    private readonly string _configUrl = KernelArguments.Get("anvil.config")
        ?? throw new AgentException("the kernel argument anvil.config is missing: Sledgehammer must be booted by Anvil");

    /// <summary>Never comes back, but by reboot, power-off or kexec.</summary>
    public async Task RunAsync()
    {
        terminal.Say($"Sledgehammer is up; its configuration is at {_configUrl}");
        var config = await ConfigAsync();
        while (config.Machine.Length == 0)
        {
            await RegisterAsync(config);
            config = await ConfigAsync();
        }

        using var api = new ApiClient(config, ConfigAsync, terminal.Say);
        var neighbours = new NeighbourReports(heard => ReportNeighboursAsync(api, heard), terminal.Say, TimeProvider.System);
        _ = neighbours.RunAsync(CancellationToken.None);
        LldpListener.Start(neighbours.Heard);
        await AnnounceAsync(api);
        while (true) await TurnAsync(api);
    }

    /// <inheritdoc/>
    public void Dispose() => _files.Dispose();

    /// <summary>
    /// Asks for the configuration until it comes. When the boot server has none for this machine any more, the machine is to boot
    /// something else.
    /// </summary>
    private async Task<AgentConfig> ConfigAsync()
    {
        for (var missing = 0; ;)
        {
            try
            {
                using var response = await _files.GetAsync(_configUrl);
                if (response.IsSuccessStatusCode) return AgentConfig.Parse(await response.Content.ReadAsStringAsync());
                terminal.Say($"waits for its configuration: the boot server answers {(int)response.StatusCode}");
                if (response.StatusCode == HttpStatusCode.NotFound && ++missing >= 5)
                {
                    terminal.Say("the machine is to boot something else: reboots");
                    Power.Restart();
                }
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException or IOException)
            {
                terminal.Say($"waits for the boot server ({e.GetBaseException().Message})");
            }

            await Task.Delay(Pause);
        }
    }

    private async Task RegisterAsync(AgentConfig config)
    {
        terminal.Say("this machine is not known: gathers facts and registers");
        var facts = Inventory.Gather();
        var cards = NetworkCards.Macs(Inventory.BootMac());
        var macs = new JsonArray();
        foreach (var mac in cards) macs.Add((JsonNode)mac);
        var bootMac = Inventory.BootMac() ?? cards.FirstOrDefault()
            ?? throw new AgentException("the machine has no network interface");
        var machine = new JsonObject
        {
            ["Name"] = "d" + bootMac.Replace(':', '-'),
            ["Arch"] = Inventory.Architecture,
            ["HardwareAddrs"] = macs,
            ["Address"] = Inventory.Address() ?? "",
            ["Params"] = facts,
        };
        using var api = new ApiClient(config, null, terminal.Say);
        var answer = await api.CallAsync(HttpMethod.Post, "machines", machine);
        if (answer.IsOk) terminal.Say($"registered as {answer.Body?["Name"]} ({answer.Body?["Uuid"]})");
        else
        {
            terminal.Say($"registration was refused: {answer.Problem}");
            await Task.Delay(Pause);
        }
    }

    private async Task AnnounceAsync(ApiClient api)
    {
        var answer = await api.CallAsync(HttpMethod.Get, $"machines/{api.Config.Machine}");
        terminal.Say($"this is {answer.Body?["Name"]} ({api.Config.Machine})");
        var patch = new JsonArray(Patches.Param("last-boot-macaddr", Inventory.BootMac() ?? ""),
            Patches.Param("detected-bios-mode", Inventory.FirmwareMode));
        var known = (answer.Body?["HardwareAddrs"] as JsonArray ?? []).Select(m => m?.ToString()).ToHashSet(StringComparer.Ordinal);
        patch.Add((JsonNode)Patches.Set("/Runnable", true));
        var changed = await api.CallAsync(HttpMethod.Patch, $"machines/{api.Config.Machine}", patch);
        if (!changed.IsOk) terminal.Say($"the machine's record could not be brought up to date: {changed.Problem}");
        foreach (var mac in NetworkCards.Macs(Inventory.BootMac()).Where(m => !known.Contains(m)))
        {
            // Each by itself: one that DHCP has not seen on this machine's link is a person's to add.
            var claimed = await api.CallAsync(HttpMethod.Patch, $"machines/{api.Config.Machine}",
                new JsonArray(Patches.Add("/HardwareAddrs/-", mac)));
            if (!claimed.IsOk) terminal.Say($"the network card {mac} is not added: {claimed.Problem}");
        }

        if (answer.Body?["CurrentJob"]?.ToString() is { Length: > 0 } job) await FailUnfinishedAsync(api, job);
    }

    /// <summary>A job that was under way when the machine went down is marked failed, so that its task runs again.</summary>
    private static async Task FailUnfinishedAsync(ApiClient api, string uuid)
    {
        var job = await api.CallAsync(HttpMethod.Get, $"jobs/{uuid}");
        if (job.Body?["State"]?.ToString() is not ("created" or "running")) return;
        await api.CallAsync(HttpMethod.Patch, $"jobs/{uuid}",
            new JsonArray(Patches.Set("/State", "incomplete"), Patches.Set("/ExitState", "complete")));
    }

    private async Task TurnAsync(ApiClient api)
    {
        var uuid = api.Config.Machine;
        var before = await api.CallAsync(HttpMethod.Get, $"machines/{uuid}");
        if (before.Status == HttpStatusCode.NotFound)
        {
            terminal.Say("the machine was deleted: reboots");
            Power.Restart();
        }

        await TellNeighboursAsync(api, before.Body);
        var env = before.Body?["BootEnv"]?.ToString() ?? "";
        if (env.Length > 0 && env != api.Config.BootEnv)
        {
            await BootAsync(api, env);
            return;
        }

        if (before.Body?["Runnable"]?.GetValue<bool>() != true)
        {
            terminal.Say($"waits to be made runnable ({before.Body?["Boot"]?["Reason"]})");
            await api.CallAsync(HttpMethod.Get, $"machines/{uuid}", null, before.Revision);
            return;
        }

        var next = await api.CallAsync(HttpMethod.Post, "jobs", new JsonObject { ["Machine"] = uuid });
        switch (next.Status)
        {
            case HttpStatusCode.Created or HttpStatusCode.Accepted when next.Body is JsonObject job:
                await new JobRunner(api, terminal).RunAsync(job);
                return;
            case HttpStatusCode.NoContent:
                var after = await api.CallAsync(HttpMethod.Get, $"machines/{uuid}");
                var done = after.Body?["CurrentTask"]?.GetValue<int>() >= (after.Body?["Tasks"] as JsonArray)?.Count;
                if (after.Body?["BootEnv"]?.ToString() != api.Config.BootEnv || !done) return;
                terminal.Say("all tasks are done; waits for new work");
                await api.CallAsync(HttpMethod.Get, $"machines/{uuid}", null, after.Revision);
                return;
            default:
                terminal.Say($"no job: {next.Problem}");
                if (next.Problem.Contains("running or created job", StringComparison.Ordinal)
                    && before.Body?["CurrentJob"]?.ToString() is { } current) await FailUnfinishedAsync(api, current);
                await Task.Delay(Pause);
                return;
        }
    }

    private async Task BootAsync(ApiClient api, string env)
    {
        var kexec = await api.CallAsync(HttpMethod.Get, $"machines/{api.Config.Machine}/params/kexec-ok?aggregate=true");
        if (kexec.Body is JsonValue value && value.TryGetValue<bool>(out var allowed) && allowed
            && await Kexec.TryAsync(_files, _configUrl, api.Config.Machine, terminal)) return;
        terminal.Say($"the machine's boot environment is {env} now: reboots");
        Power.Restart();
    }

    /// <summary>
    /// Tells again of the neighbours that the machine's record lacks: an inventory that began before they were heard may be written after
    /// them, and the call that told of them may have failed.
    /// </summary>
    private static async Task TellNeighboursAsync(ApiClient api, JsonNode? machine)
    {
        if (machine is null) return;
        var recorded = (machine["Params"]?["hardware/nics"] as JsonArray ?? []).OfType<JsonObject>().ToList();
        var nics = Inventory.Nics();
        var isTold = nics.OfType<JsonObject>().Where(n => n["Lldp"] is not null).All(heard => recorded.Exists(
            r => JsonNode.DeepEquals(r["Name"], heard["Name"]) && JsonNode.DeepEquals(r["Lldp"], heard["Lldp"])));
        if (!isTold) await RecordAsync(api, nics);
    }

    private async Task ReportNeighboursAsync(ApiClient api, IReadOnlyDictionary<string, JsonObject> heard)
    {
        foreach (var (nic, neighbour) in heard)
        {
            terminal.Say($"LLDP: {nic} is connected to {neighbour["SystemName"]} {neighbour["PortId"]}");
            LldpListener.Keep(nic, neighbour);
        }

        await RecordAsync(api, Inventory.Nics());
    }

    private static Task RecordAsync(ApiClient api, JsonArray nics)
        => api.CallAsync(HttpMethod.Patch, $"machines/{api.Config.Machine}", new JsonArray(Patches.Param("hardware/nics", nics)));
}
