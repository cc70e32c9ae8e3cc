using System.Diagnostics;
using System.Text.Json.Nodes;
using Anvil.Provisioning.Jobs;

namespace Anvil.Agent.Jobs;

/// <summary>
/// Runs one job: its files and scripts in a private folder, with its log sent while it runs (DRP's rules for exit codes and order).
/// </summary>
public sealed class JobRunner(ApiClient api, Terminal terminal)
{
    private readonly string _machine = api.Config.Machine;
    private string _token = api.Config.Token;

    /// <summary>Runs the job, tells the API how it ended, and then reboots or powers off if it asked for that.</summary>
    public async Task RunAsync(JsonObject job)
    {
        var uuid = job["Uuid"]!.ToString();
        var task = job["Task"]!.ToString();
        // The job's own token, which the task's scripts need; a server of an older version gives none.
        if (job["Token"]?.ToString() is { Length: > 0 } token) _token = token;
        terminal.Say($"runs task {task} (job {uuid})");
        await PatchJobAsync(uuid, JobState.Running, "");
        var actions = await api.CallAsync(HttpMethod.Get, $"jobs/{uuid}/actions?os=linux");
        string state, exit;
        await using (var log = new JobLog(api, uuid, terminal))
        {
            if (actions.IsOk) (state, exit) = await RunActionsAsync(actions.Body as JsonArray ?? [], task, log);
            else
            {
                log.Write($"The task's scripts could not be rendered: {actions.Problem}\n");
                (state, exit) = (JobState.Failed, "failed");
            }

            log.Write($"-- task {task}: {state}{(exit.Length > 0 ? $" ({exit})" : "")}\n");
        }

        terminal.Say($"task {task}: {state}{(exit is "complete" or "" ? "" : $" ({exit})")}");
        // First the machine, then the job: whoever sees the job's end can make the machine runnable again.
        if (state is JobState.Failed || exit is "reboot" or "poweroff" or "stop") await SetRunnableAsync();
        await PatchJobAsync(uuid, state, exit);
        switch (exit)
        {
            case "reboot":
                terminal.Say("reboots, as the task asked");
                Power.Restart();
                break;
            case "poweroff":
                terminal.Say("powers off, as the task asked");
                Power.PowerOff();
                break;
        }
    }

    private async Task<(string State, string Exit)> RunActionsAsync(JsonArray actions, string task, JobLog log)
    {
        var folder = Directory.CreateTempSubdirectory("anvil-job-").FullName;
        try
        {
            for (var i = 0; i < actions.Count; i++)
            {
                var name = actions[i]!["Name"]!.ToString();
                var path = actions[i]!["Path"]!.ToString();
                var content = actions[i]!["Content"]!.ToString();
                if (path.Length > 0)
                {
                    var target = Path.Combine(folder, path);
                    Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                    await File.WriteAllTextAsync(target, content);
                    log.Write($"-- wrote {target}\n");
                    continue;
                }

                log.Write($"-- runs {name}\n");
                var (state, exit) = JobState.FromExitCode(await ScriptAsync(folder, name, content, task, log));
                var last = i == actions.Count - 1;
                if (state == JobState.Failed || last) return (state, exit);
                if (state == JobState.Incomplete) return (JobState.Finished, "complete");
                if (exit != "complete") return (JobState.Incomplete, exit);
            }

            return (JobState.Finished, "complete");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private async Task<int> ScriptAsync(string folder, string name, string content, string task, JobLog log)
    {
        var script = Path.Combine(folder, "." + Path.GetFileName(name));
        await File.WriteAllTextAsync(script, content);
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var hasShebang = content.StartsWith("#!", StringComparison.Ordinal);
        var start = new ProcessStartInfo(hasShebang ? script : "/bin/sh")
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        if (!hasShebang) start.ArgumentList.Add(script);
        foreach (var (key, value) in new[] { ("RS_UUID", _machine), ("RS_ENDPOINT", api.Config.Api), ("RS_TOKEN", _token),
            ("RS_TASK_DIR", folder), ("RS_RUNNER_DIR", folder), ("RS_TASK", task), ("ANVIL_API_PIN", api.Config.ApiPin) })
            start.Environment[key] = value;
        try
        {
            using var process = Process.Start(start) ?? throw new AgentException($"{name} does not start");
            process.StandardInput.Close();
            await Task.WhenAll(PumpAsync(process.StandardOutput, log), PumpAsync(process.StandardError, log), process.WaitForExitAsync());
            return process.ExitCode;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            log.Write($"{name} does not start: {e.Message}\n");
            return 1;
        }
    }

    private static async Task PumpAsync(StreamReader reader, JobLog log)
    {
        while (await reader.ReadLineAsync() is { } line) log.Write(line + "\n");
    }

    private Task<ApiAnswer> SetRunnableAsync()
        => api.CallAsync(HttpMethod.Patch, $"machines/{_machine}", new JsonArray(Patches.Set("/Runnable", false)));

    private async Task PatchJobAsync(string uuid, string state, string exit)
    {
        var answer = await api.CallAsync(HttpMethod.Patch, $"jobs/{uuid}",
            new JsonArray(Patches.Set("/State", state), Patches.Set("/ExitState", exit)));
        if (!answer.IsOk) terminal.Say($"job {uuid} could not be set to {state}: {answer.Problem}");
    }
}
