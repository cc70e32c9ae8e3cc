using System.CommandLine;
using System.Text.Json;
using Anvil.Swarm;
using Anvil.Swarm.Attacks;

var network = new Option<string>(
    "--interface")
{
    Description = "The interface whose network the machines are on; the addresses that it will lease must be local to it "
        + "(see tests/Swarm/README.md)",
    Required = true
};
var machines = new Option<int>("--machines") { Description = "How many machines", DefaultValueFactory = _ => 500 };
var ramp = new Option<double>("--ramp") { Description = "Seconds over which they are powered on", DefaultValueFactory = _ => 20 };
var minutes = new Option<double>(
    "--minutes")
{ Description = "Longest time to wait for all to be at rest", DefaultValueFactory = _ => 15 };
var stay = new Option<double>("--stay") { Description = "Seconds to keep leases once all are at rest", DefaultValueFactory = _ => 0 };
var untilEnd = new Option<bool>(
    "--until-stdin-ends")
{
    Description = "Keep leases, once all are at rest, until standard input ends; a line 'turn' there says that "
        + "the servers were all up and machines had gone on"
};
var turns = new Option<int>(
    "--turns")
{
    Description = "Turns that a wait may last, beside a firmware's patience, before it counts as given up; 0: the patience "
        + "alone counts",
    DefaultValueFactory = _ => 0
};
var seed = new Option<int>("--seed") { Description = "Makes the MAC addresses", DefaultValueFactory = _ => 1 };
var report = new Option<string?>("--report") { Description = "File to write the report to, as JSON" };
var root = new RootCommand(
    "A swarm of simulated machines: real DHCP, TFTP, HTTP and API traffic from first packet to registered and local") { network, machines,
        ramp, minutes, stay, untilEnd, turns, seed, report };
root.SetAction(async (parsed, cancellation) =>
{
    using var port = new DhcpPort(parsed.GetRequiredValue(network));
    var swarm = new SwarmState(port, parsed.GetValue(turns));
    var count = parsed.GetValue(machines);
    var generator = new Random(parsed.GetValue(seed));
    using var life = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
    var tasks = new List<Task> { port.RunAsync(life.Token) };
    var prefix = (byte)generator.Next(256);
    for (var i = 0; i < count; i++)
    {
        var machine = new SimulatedMachine(swarm, [0x02, 0x5a, prefix, (byte)(i >> 16), (byte)(i >> 8), (byte)i], i);
        var wait = TimeSpan.FromSeconds(generator.NextDouble() * parsed.GetValue(ramp));
        tasks.Add(Task.Run(
            async () =>
            {
                await Task.Delay(wait, life.Token);
                await machine.RunAsync(life.Token);
            }, life.Token));
    }

    var input = parsed.GetValue(untilEnd) ? Task.Run(() => FollowAsync(swarm, cancellation), cancellation) : Task.CompletedTask;
    var deadline = TimeSpan.FromMinutes(parsed.GetValue(minutes));
    TimeSpan? rested = null;
    using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
    while (true)
    {
        Console.WriteLine(swarm.Line);
        if (swarm.AtRest == count) rested ??= swarm.Now;
        if (rested is { } since && swarm.Now - since >= TimeSpan.FromSeconds(parsed.GetValue(stay)) && input.IsCompleted) break;
        if (rested is null && swarm.Now > deadline) break;
        if (tasks.Find(t => t.IsFaulted) is { } faulted) await faulted;
        await timer.WaitForNextTickAsync(cancellation);
    }

    var result = swarm.Report(count);
    var file = parsed.GetValue(report);
    if (file is not null) await File.WriteAllTextAsync(file, JsonSerializer.Serialize(result), cancellation);
    Console.WriteLine(
        $"{result.Done} of {count} at rest after {result.Seconds:F0} s; longest "
            + $"waits: {string.Join(", ", result.LongestWaits.Select(w => $"{w.Key} {w.Value:F1} s"))}");
    foreach (var line in result.Doubles.Concat(result.GaveUp).Concat(result.Lost).Take(20)) Console.WriteLine("  " + line);
    await life.CancelAsync();
    return result.Done == count && result.Doubles.Count == 0 && result.GaveUp.Count == 0 && result.Lost.Count == 0 ? 0 : 1;
});
foreach (var probe in Probes.All()) root.Subcommands.Add(probe);
root.Subcommands.Add(AttackCommand.Make());
return await root.Parse(args).InvokeAsync();

static async Task FollowAsync(SwarmState swarm, CancellationToken cancellation)
{
    while (await Console.In.ReadLineAsync(cancellation) is { } line)
    {
        if (line == "turn") swarm.Turned();
    }
}
