using System.Text.Json.Nodes;

namespace Anvil.Lab.Tests;

/// <summary>Tasks on a real machine: failure, resumption, reboot, deadlines.</summary>
public sealed class TaskTests
{
    [Fact]
    public async Task ATaskMayFailAskForARebootOrHang()
    {
        await using var lab = await Laboratory.StartAsync();
        await AddTaskAsync(lab, "fails-until-told", """
            #!/bin/sh
            echo "the word is: {{ if .ParamExists "word" }}{{ .Param "word" }}{{ else }}missing{{ end }}"
            {{ if not (.ParamExists "word") }}exit 7{{ end }}
            """);
        await AddTaskAsync(lab, "reboots-once", """
            #!/bin/sh
            read -r up _ < /proc/uptime
            if [ "{{ if .ParamExists "rebooted" }}yes{{ end }}" != yes ]; then
              anvil-agent set /Params/rebooted yes || exit 9
              echo "asks for a reboot in the middle"
              exit 192
            fi
            echo "runs again after the reboot"
            """);
        await lab.Api.PostAsync("stages",
            new JsonObject
            {
                ["Name"] = "trial",
                ["BootEnv"] = "sledgehammer",
                ["Tasks"] = new JsonArray("fails-until-told", "reboots-once")
            });
        await lab.Api.PostAsync("workflows", new JsonObject { ["Name"] = "trial", ["Stages"] = new JsonArray("trial") });
        var vm = lab.AddMachine(Firmware.BiosPxe);
        await lab.Api.PostAsync("machines",
            new JsonObject { ["Name"] = "trial.example.com", ["HardwareAddrs"] = new JsonArray(vm.Mac), ["Workflow"] = "trial" });
        await vm.PowerOnAsync();

        var machine = await lab.MachineAsync(vm, "failed", m => m["Boot"]!["Phase"]!.ToString() == "Failed", Deadline.Boot);
        Assert.Equal("GET undionly.kpxe", await LabContent.FirstFileAsync(lab, vm.Mac));
        Assert.Contains("task fails-until-told failed", machine["Boot"]!["Reason"]!.ToString(), StringComparison.Ordinal);
        Assert.False(machine["Runnable"]!.GetValue<bool>());
        Assert.Contains("the word is: missing", await lab.Api.GetTextAsync($"jobs/{machine["CurrentJob"]}/log"), StringComparison.Ordinal);

        await lab.Api.SetAsync($"machines/{vm.Mac}", "/Params/word", "forge");
        await lab.Api.SetAsync($"machines/{vm.Mac}", "/Runnable", true);
        await vm.ExpectAsync("asks for a reboot in the middle", Deadline.Boot);
        machine = await lab.MachineAsync(vm, "done", m => m["Boot"]!["Phase"]!.ToString() == "Discovered", Deadline.Boot);
        var jobs = ((JsonArray)(await lab.Api.GetAsync($"jobs?Machine={machine["Uuid"]}"))!).Where(
            j => !j!["Task"]!.ToString().Contains(':', StringComparison.Ordinal)).ToList();
        Assert.Equal(["fails-until-told failed", "fails-until-told finished", "reboots-once finished"],
            jobs.Select(j => $"{j!["Task"]} {j["State"]}"));
        var log = await lab.Api.GetTextAsync($"jobs/{jobs[^1]!["Uuid"]}/log");
        Assert.Matches("(?s)asks for a reboot.*runs again after the reboot", log);

        // What it is given next does not end: it is shown as stuck.
        await AddTaskAsync(lab, "hangs", "#!/bin/sh\nsleep 3600\n");
        await lab.Api.PostAsync("stages",
            new JsonObject { ["Name"] = "hang", ["BootEnv"] = "sledgehammer", ["Tasks"] = new JsonArray("hangs") });
        await lab.Api.PostAsync("workflows", new JsonObject { ["Name"] = "hang", ["Stages"] = new JsonArray("hang") });
        await lab.Api.PostAsync("prefs", new JsonObject { ["deadlineWorking"] = "15" });
        await lab.Api.SetAsync($"machines/{vm.Mac}", "/Workflow", "hang");
        machine = await lab.MachineAsync(vm, "stuck", m => m["Boot"]!["Stuck"]!.GetValue<bool>(), Deadline.Boot);
        Assert.StartsWith("stuck: no end of", machine["Boot"]!["Reason"]!.ToString(), StringComparison.Ordinal);
        var timeline = (JsonArray)(await lab.Api.GetAsync($"machines/{machine["Uuid"]}/timeline"))!;
        Assert.Contains(timeline, l => l!["Source"]!.ToString() == "phase" && l["Outcome"]!.ToString() == "stuck");
    }

    private static Task AddTaskAsync(Laboratory lab, string name, string script) => lab.Api.PostAsync("tasks", new JsonObject
    {
        ["Name"] = name,
        ["Templates"] = new JsonArray(
            new JsonObject { ["Name"] = name + ".sh", ["Contents"] = script, ["Meta"] = new JsonObject { ["OS"] = "linux" } }),
    });
}
