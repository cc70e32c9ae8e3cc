using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Anvil.Lab;

/// <summary>The main job as a person follows it: machines from first power-on to a login prompt on their own disk.</summary>
internal sealed class Show(Laboratory lab, TimeSpan patience)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly Dictionary<string, HashSet<string>> _said = new(StringComparer.Ordinal);

    /// <summary>Powers the machines on and tells what happens to them; comes back when all are up from their own disks.</summary>
    public async Task RunAsync(IReadOnlyList<VirtualMachine> machines, CancellationToken cancellation)
    {
        foreach (var machine in machines)
        {
            await machine.PowerOnAsync();
            Say(machine, "power",
                $"on: {(machine.Firmware == Firmware.Bios ? "SeaBIOS" : "OVMF (UEFI)")}, empty disk of {machine.DiskSize >> 10} GiB");
        }

        var waiting = machines.ToList();
        while (waiting.Count > 0)
        {
            cancellation.ThrowIfCancellationRequested();
            if (_clock.Elapsed > patience)
                throw new SetupException(
                    $"{string.Join(", ", waiting.Select(m => m.Mac))} not up after {patience.TotalMinutes:F0} minutes; logs are "
                        + $"in {lab.Folder}");
            foreach (var machine in waiting.ToList())
            {
                if (!machine.IsOn) throw new SetupException($"QEMU of {machine.Mac} ended");
                if (await FollowAsync(machine)) waiting.Remove(machine);
            }

            await Task.Delay(Pause, cancellation);
        }
    }

    private async Task<bool> FollowAsync(VirtualMachine machine)
    {
        var lines = await lab.Api.GetAsync($"timeline/{machine.Mac}") as JsonArray ?? [];
        var document = await lab.Api.MachineOfAsync(machine.Mac);
        if (document is not null) lines = await lab.Api.GetAsync($"machines/{document["Uuid"]}/timeline") as JsonArray ?? lines;
        foreach (var line in lines.OfType<JsonObject>())
        {
            var detail = line["Detail"]!.ToString();
            var text = line["Source"]!.ToString() switch
            {
                "dhcp" => $"{line["What"]} → {line["Outcome"]}",
                "phase" => $"{line["What"]}: {detail}",
                "job" => $"{line["What"]}: {line["Outcome"]}",
                "api" => $"{line["What"]}: {line["Outcome"]} as {detail}",
                _ => $"{line["What"]} → {line["Outcome"]}",
            };
            Say(machine, line["Source"]!.ToString(), text);
        }

        if (document?["Boot"]?["Phase"]?.ToString() == "Failed")
            throw new SetupException($"{machine.Mac}: {document["Boot"]!["Reason"]}; logs are in {lab.Folder}");
        if (document?["BootEnv"]?.ToString() != "local" || !machine.Console.Contains(" login:", StringComparison.Ordinal)) return false;
        Say(machine, "console",
            $"{document["Name"]} is up from its own "
                + $"disk: {machine.Console.Split('\n').LastOrDefault(l => l.Contains(" login:", StringComparison.Ordinal))?.Trim()}");
        return true;
    }

    private void Say(VirtualMachine machine, string source, string text)
    {
        if (!_said.TryGetValue(machine.Mac, out var said)) _said[machine.Mac] = said = new HashSet<string>(StringComparer.Ordinal);
        if (said.Add(source + text)) Console.WriteLine($"{_clock.Elapsed.TotalSeconds,6:F1} s  {machine.Mac}  {source,-7}  {text}");
    }
}
