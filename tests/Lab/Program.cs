using System.CommandLine;
using Anvil.Lab;

var machines = new Option<int>("--machines") { Description = "How many machines to power on", DefaultValueFactory = _ => 1 };
var once = new Option<bool>("--once") { Description = "End once the machines are installed and up" };
var firmware = new Option<string>("--firmware") { Description = "bios, uefi or both (in turn)", DefaultValueFactory = _ => "bios" };
var port = new Option<int>("--port") { Description = "Port of the API on 127.0.0.1", DefaultValueFactory = _ => 8092 };
var minutes = new Option<int>("--minutes") { Description = "How long to wait for the machines", DefaultValueFactory = _ => 20 };
firmware.AcceptOnlyFromAmong("bios", "uefi", "both");
var cluster = new Option<bool>(
    "--cluster")
{ Description = "PostgreSQL, two cores, two edges and a gateway, as processes of their own, instead of one silo" };
var root = new RootCommand(
    "Anvil's main job on an isolated network: machines with empty disks and real firmware, from power-on to installed") { machines, once,
        firmware, port, minutes, cluster };
root.SetAction(async (parsed, cancellation) =>
{
    try
    {
        var prefs = new Dictionary<string, string>(StringComparer.Ordinal) { ["defaultWorkflow"] = "discover-and-install" };
        await using var lab = await Laboratory.StartAsync(prefs, parsed.GetValue(cluster));
        using var forwarder = new TcpForwarder(parsed.GetValue(port), (lab.Servers.Of("gateway").FirstOrDefault() ?? lab.Silo).ApiSocket);
        var url = $"http://127.0.0.1:{parsed.GetValue(port)}";
        Console.WriteLine(
            $"{(lab.Servers.Postgres is null ? "A silo serves" : "Two cores, two edges and a gateway on PostgreSQL serve")} the network "
                + $"10.77.0.0/24 of namespace {lab.Network.Switch}; its API is at {url}/api/v3");
        await lab.Api.SetAsync("profiles/global", "/Params/install~1password-hash", LabSettings.PasswordHash);
        var count = parsed.GetValue(machines);
        var all = Enumerable.Range(0, count).Select(i => lab.AddMachine(parsed.GetValue(firmware) switch
        {
            "uefi" => Firmware.Uefi,
            "both" => i % 2 == 0 ? Firmware.Bios : Firmware.Uefi,
            _ => Firmware.Bios,
        })).ToList();
        lab.Keep = true;
        await new Show(lab, TimeSpan.FromMinutes(parsed.GetValue(minutes))).RunAsync(all, cancellation);
        lab.Keep = false;
        Console.WriteLine(count == 1 ? "The machine is installed and up." : $"All {count} machines are installed and up.");
        if (parsed.GetValue(once)) return 0;
        Console.WriteLine($"""

            What to try next (Ctrl-C ends everything):
              curl -u rocketskates:{SiloProcess.Password} {url}/api/v3/machines
              curl -u rocketskates:{SiloProcess.Password} {url}/api/v3/machines/{all[0].Mac}/timeline
              curl -u rocketskates:{SiloProcess.Password} '{url}/api/v3/machines/{all[0].Mac}/boot?arch=uefi'
              {url}/dashboard/ in a browser shows the silo's grains (same user)
              tail -f {lab.Folder}/machine1/console.log shows the machine's console
              (its user is anvil, password {LabSettings.Password})
            """);
        await Task.Delay(Timeout.Infinite, cancellation);
        return 0;
    }
    catch (OperationCanceledException)
    {
        return 130;
    }
    catch (SetupException e)
    {
        await Console.Error.WriteLineAsync("anvil-lab: " + e.Message);
        return 1;
    }
});
var lldp = new Command("lldp", "Plays the switch: sends LLDP frames out of an interface") { new Argument<string>("interface"),
    new Argument<string>("system"), new Argument<string>("port") };
lldp.SetAction(parsed =>
    LldpFrame.SendAsync(parsed.GetRequiredValue<string>("interface"), parsed.GetRequiredValue<string>("system"),
        parsed.GetRequiredValue<string>("port"), TimeSpan.FromHours(1)));
root.Subcommands.Add(lldp);
// Machines, silo and namespaces have to be cleaned up after Ctrl-C.
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(60) });
