using System.Diagnostics;

namespace Anvil.Lab;

/// <summary>A silo in the server's namespace, as a process that can be killed and started again on the same data.</summary>
public sealed class SiloProcess(LabNetwork network, string folder, IReadOnlyDictionary<string, string> prefs) : IAsyncDisposable
{
    /// <summary>Password of the lab's user.</summary>
    public const string Password = "r0cketsk8ts";

    private static readonly TimeSpan StartTime = TimeSpan.FromSeconds(60);
    private Process? _process;

    /// <summary>Unix socket of the API: sockets in the file system are reached across network namespaces.</summary>
    public string ApiSocket { get; } = Path.Combine(folder, "api.sock");

    /// <summary>What the silo logs.</summary>
    public string LogFile { get; } = Path.Combine(folder, "silo.log");

    /// <summary>The API.</summary>
    public LabApi Api { get; } = new(Path.Combine(folder, "api.sock"));

    /// <summary>Starts the silo and waits until its API answers.</summary>
    public async Task StartAsync()
    {
        if (!File.Exists(LabPaths.Silo)) throw new SetupException($"{LabPaths.Silo} is missing: deploy/setup builds it");
        Directory.CreateDirectory(folder);
        var arguments = new List<string>
        {
            "netns", "exec", network.Server, LabPaths.Silo, $"--Silo:DataFolder={folder}/data", $"--Silo:ApiSocket={ApiSocket}", $"--Silo:AdminPassword={Password}",
            $"--Edge:Interfaces:0={network.Interface}", $"--Edge:FileRoot={LabPaths.Files}", "--Edge:RouterAdvertisements=true",
        };
        arguments.AddRange(prefs.Select(p => $"--Silo:FirstPrefs:{p.Key}={p.Value}"));
        _process = Commands.Start("ip", [.. arguments]);
        var log = new StreamWriter(new FileStream(LogFile, FileMode.Append, FileAccess.Write, FileShare.Read)) { AutoFlush = true };
        foreach (var stream in new[] { _process.StandardOutput, _process.StandardError }) _ = PumpAsync(stream, log);
        await Wait.UntilAsync(async () => _process.HasExited || await Api.IsUpAsync(), StartTime, () => $"the silo's API did not come up; see {LogFile}");
        if (_process.HasExited) throw new SetupException($"the silo ended with {_process.ExitCode}: {await File.ReadAllTextAsync(LogFile)}");
    }

    /// <summary>Kills the silo as kill -9 does.</summary>
    public async Task KillAsync()
    {
        if (_process is null) return;
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        Api.Dispose();
    }

    private static async Task PumpAsync(StreamReader from, StreamWriter to)
    {
        while (await from.ReadLineAsync() is { } line)
        {
            lock (to) to.WriteLine(line);
        }
    }
}
