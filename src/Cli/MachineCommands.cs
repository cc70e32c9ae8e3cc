using System.CommandLine;
using System.Text.Json.Nodes;

namespace Anvil.Cli;

/// <summary>`anvil machines`: list, show, watch, timeline, preview, approve.</summary>
internal sealed class MachineCommands(Connection connection, TimeProvider time) : CommandGroup(connection)
{
    private static readonly Argument<string> Key =
        new("machine") { Description = "Name:NAME, a MAC address or a uuid; a bare name will do, too" };

    /// <summary>The commands.</summary>
    public Command Build()
    {
        var filters = new Argument<string[]>("filter")
        {
            Description = "Field=value, such as BootEnv=local or Name=Re(^web)",
            Arity = ArgumentArity.ZeroOrMore
        };
        var list = new Command("list", "Lists machines") { filters };
        Act(list, (parsed, api, output, cancellation) => ListAsync(api, output, parsed.GetValue(filters) ?? [], cancellation));

        var show = new Command("show", "Shows a machine") { Key };
        Act(show, async (parsed, api, output, cancellation) => await ShowAsync(output, await api.GetAsync(Path(parsed), cancellation)));

        var one = new Argument<string?>("machine") { Description = "Only this machine", Arity = ArgumentArity.ZeroOrOne };
        var watch = new Command("watch", "Shows what happens to machines, until Ctrl-C") { one };
        Act(watch, (parsed, api, output, cancellation) => parsed.GetValue(one) is { } key
            ? WatchAsync(api, output, key, cancellation) : WatchAllAsync(api, output, cancellation));

        var timeline = new Command("timeline",
            "Shows every packet, transfer, script, call and task of a machine; of an unknown one by its MAC address") { Key };
        Act(timeline, TimelineAsync);

        var arch = new Option<string>("--arch")
        {
            Description = "pcbios, uefi, http, arm64 or a number of DHCP's option 93",
            DefaultValueFactory = _ => ""
        };
        var client = new Option<string>("--client") { Description = "pxe, ipxe or http", DefaultValueFactory = _ => "" };
        var preview = new Command("preview", "Shows what a machine's firmware would be told to boot now, and why") { Key, arch, client };
        Act(preview, async (parsed, api, output, cancellation) =>
        {
            var (asArch, asClient) = (Uri.EscapeDataString(parsed.GetValue(arch)!), Uri.EscapeDataString(parsed.GetValue(client)!));
            var answer = await api.GetAsync($"{Path(parsed)}/boot?arch={asArch}&client={asClient}", cancellation);
            await output.ObjectAsync(answer,
                ("Boots", answer.Text("Boots") == "true" ? answer.Text("File") : "nothing: the firmware goes on to its next device"),
                ("BootEnv", answer.Text("BootEnv")),
                ("Because", string.Join('\n', (answer["Reasons"] as JsonArray ?? []).Select(r => r!.ToString()))));
        });
        var approve = new Command("approve",
            "Approves of a machine that registered itself: it goes on, and is given secure params") { Key };
        Act(approve, async (parsed, api, output, cancellation) =>
            await ShowAsync(output, await api.PostAsync(Path(parsed) + "/approve", cancellation)));
        return new Command("machines", "Machines") { list, show, watch, timeline, preview, approve };
    }

    private static string Path(ParseResult parsed) => Path(parsed.GetRequiredValue(Key));

    /// <summary>What is neither a uuid nor a MAC address nor `Index:value` is a name.</summary>
    private static string Path(string key)
        => "machines/" + Uri.EscapeDataString(Guid.TryParse(key, out _) || key.Contains(':', StringComparison.Ordinal) || IsDashedMac(key)
            ? key : "Name:" + key);

    private static bool IsDashedMac(string key)
        => key.Length == 17 && key.Where((_, i) => i % 3 == 2).All(c => c == '-')
            && key.Where((_, i) => i % 3 != 2).All(char.IsAsciiHexDigit);

    private Task ListAsync(AnvilApi api, Output output, string[] filters, CancellationToken cancellation)
    {
        var query = new List<string> { "slim=Params,Meta" };
        foreach (var filter in filters)
        {
            var at = filter.IndexOf('=', StringComparison.Ordinal);
            if (at <= 0) throw new CliException($"{filter} is no filter: Field=value");
            query.Add($"{Uri.EscapeDataString(filter[..at])}={Uri.EscapeDataString(filter[(at + 1)..])}");
        }

        query.Add("sort=Name");
        return output.ListAsync(
            api.ListAsync($"machines?{string.Join('&', query)}", cancellation),
            ("Name", m => m.Text("Name")), ("Phase", Fields.Phase), ("BootEnv", m => m.Text("BootEnv")),
            ("Workflow", m => m.Text("Workflow")), ("Address", m => m.Text("Address")),
            ("MAC", m => (m["HardwareAddrs"] as JsonArray)?.FirstOrDefault()?.ToString() ?? ""), ("Arch", m => m.Text("Arch")),
            ("OS", m => m.Text("OS")), ("Seen", m => Fields.Ago(m["Boot"]?.Text("LastSeen") ?? "", time.GetUtcNow())));
    }

    private Task ShowAsync(Output output, JsonNode machine)
    {
        var boot = machine["Boot"] ?? new JsonObject();
        var tasks = (machine["Tasks"] as JsonArray ?? []).Count;
        return output.ObjectAsync(
            machine,
            ("Name", machine.Text("Name")), ("Uuid", machine.Text("Uuid")), ("Description", machine.Text("Description")),
            ("Phase", Fields.Phase(machine)), ("Reason", boot.Text("Reason")), ("Doubt", boot.Text("Doubt")),
            ("Since", Fields.Ago(boot.Text("Since"), time.GetUtcNow())),
            ("BootEnv", machine.Text("BootEnv")), ("Stage", machine.Text("Stage")), ("Workflow", machine.Text("Workflow")),
            ("Task", tasks == 0 ? "" : $"{machine.Text("CurrentTask")} of {tasks}: {machine.List("Tasks")}"),
            ("Address", machine.Text("Address")), ("MACs", machine.List("HardwareAddrs")), ("Arch", machine.Text("Arch")),
            ("Firmware", boot.Text("Firmware")), ("OS", machine.Text("OS")), ("Profiles", machine.List("Profiles")),
            ("Params", string.Join('\n', (machine["Params"] as JsonObject ?? []).Select(p => $"{p.Key} = {Short(p.Value)}"))),
            ("Errors", string.Join('\n', (machine["Errors"] as JsonArray ?? []).Select(e => e!.ToString()))));
    }

    private static string Short(JsonNode? value)
    {
        var text = value?.ToString() ?? "null";
        return (text.Length > 200 ? text[..200] + "…" : text).ReplaceLineEndings(" ");
    }

    private static async Task WatchAsync(AnvilApi api, Output output, string key, CancellationToken cancellation)
    {
        var last = "";
        await foreach (var machine in api.WatchAsync(Path(key), cancellation))
        {
            if (output.IsJson)
            {
                await output.JsonLineAsync(machine);
                continue;
            }

            var now = $"{machine.Text("BootEnv")}  task {machine.Text("CurrentTask")} of {(machine["Tasks"] as JsonArray ?? []).Count} "
                + $" {machine["Boot"]?.Text("Reason")}";
            var line = $"{Fields.Phase(machine)}  {now}";
            if (line != last) output.Line($"[bold]{Fields.Phase(machine),-12}[/] {now}");
            last = line;
        }
    }

    private static async Task WatchAllAsync(AnvilApi api, Output output, CancellationToken cancellation)
    {
        await foreach (var heard in api.EventsAsync("machines.*.*", cancellation))
        {
            if (output.IsJson) await output.JsonLineAsync(heard);
            else if (heard["Object"] is { } machine)
            {
                var (phase, reason) = (Fields.Phase(machine), machine["Boot"]?.Text("Reason"));
                output.Line($"[grey]{heard.Text("Time")}[/]  [bold]{machine.Text("Name")}[/]  {heard.Text("Action")}  {phase}  {reason}");
            }
            else output.Line($"[grey]{heard.Text("Time")}[/]  [bold]{heard.Text("Key")}[/]  {heard.Text("Action")}");
        }
    }

    private static async Task TimelineAsync(ParseResult parsed, AnvilApi api, Output output, CancellationToken cancellation)
    {
        var key = parsed.GetRequiredValue(Key);
        JsonNode lines;
        try
        {
            lines = await api.GetAsync($"{Path(key)}/timeline", cancellation);
        }
        catch (CliException) when (key.Count(c => c == ':') == 5 || IsDashedMac(key))
        {
            // No machine has this address yet: what it sent so far is kept under the address alone.
            lines = await api.GetAsync($"timeline/{Uri.EscapeDataString(key)}", cancellation);
        }

        await output.ListAsync(Rows((JsonArray)lines), ("Time", l => l.Text("Time")), ("Where", l => l.Text("Source")),
            ("What", l => l.Text("What")), ("Outcome", l => l.Text("Outcome")), ("Detail", l => l.Text("Detail")));
    }
}
