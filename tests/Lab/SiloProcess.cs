using System.Diagnostics;

namespace Anvil.Lab;

/// <summary>A silo as a process in a host's namespace, that can be killed, ended and started again on the same data.</summary>
public sealed class SiloProcess(LabHost host, string name, string folder, IReadOnlyList<string> arguments) : IAsyncDisposable
{
    /// <summary>Password of the lab's user.</summary>
    public const string Password = "r0cketsk8ts";

    private static readonly TimeSpan StartTime = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan EndTime = TimeSpan.FromMinutes(5);
    private readonly LabApi _health = new(Path.Combine(folder, name + ".sock"));
    private Process? _process;

    /// <summary>Name, such as core1.</summary>
    public string Name { get; } = name;

    /// <summary>Its host.</summary>
    public LabHost Host { get; } = host;

    /// <summary>The program; another build's for an upgrade.</summary>
    public string Program { get; set; } = LabPaths.Silo;

    /// <summary>Further arguments, from the next start on; of an upgrade those that the version before does not know.</summary>
    public IReadOnlyList<string> More { get; set; } = [];

    /// <summary>
    /// A file that says how far the silo's wall clock is off (faketime's form, such as +1d), read anew at each look at the clock; null: it
    /// is right.
    /// </summary>
    public string? Clock { get; init; }

    /// <summary>Unix socket of the API: sockets in the file system are reached across network namespaces.</summary>
    public string ApiSocket { get; } = Path.Combine(folder, name + ".sock");

    /// <summary>What the silo logs.</summary>
    public string LogFile { get; } = Path.Combine(folder, name + ".log");

    /// <summary>True while it runs.</summary>
    public bool IsRunning => _process is { HasExited: false };

    /// <summary>Process id of the silo itself.</summary>
    public int Id => _process?.Id ?? 0;

    /// <summary>Starts the silo and waits until it is ready.</summary>
    public async Task StartAsync()
    {
        Launch();
        await ReadyAsync();
    }

    /// <summary>Starts the silo.</summary>
    public void Launch()
    {
        if (!File.Exists(Program)) throw new SetupException($"{Program} is missing: deploy/setup builds it");
        Directory.CreateDirectory(folder);
        // Its monotonic clock goes on, as that of a machine does whose wall clock somebody sets.
        string[] faked = Clock is null ? []
            : ["env", "LD_PRELOAD=/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1", "FAKETIME_NO_CACHE=1",
                "FAKETIME_DONT_FAKE_MONOTONIC=1", "DONT_FAKE_MONOTONIC=1", $"FAKETIME_TIMESTAMP_FILE={Clock}"];
        _process = Commands.Start("ip",
            ["netns", "exec", Host.Namespace, .. faked, Program, $"--Silo:DataFolder={folder}/{Name}", $"--Silo:ApiSocket={ApiSocket}",
                $"--Silo:AdminPassword={Password}", .. arguments, .. More]);
        Commands.LogTo(_process, LogFile);
    }

    /// <summary>True when the silo says that it is ready.</summary>
    public Task<bool> IsReadyAsync() => _health.IsReadyAsync();

    /// <summary>Waits until the silo says that it is ready.</summary>
    public async Task ReadyAsync()
    {
        await Wait.UntilAsync(async () => _process is null or { HasExited: true } || await _health.IsReadyAsync(), StartTime,
            () => $"{Name} is not ready; see {LogFile}");
        if (_process is { HasExited: true })
            throw new SetupException($"{Name} ended with {_process.ExitCode}: {await File.ReadAllTextAsync(LogFile)}");
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

    /// <summary>Ends the silo as a service manager does; its exit code.</summary>
    public async Task<int> StopAsync()
    {
        if (_process is null) return 0;
        Commands.Run("kill", "-TERM", $"{_process.Id}");
        await Wait.UntilAsync(() => Task.FromResult(_process.HasExited), EndTime, () => $"{Name} does not end; see {LogFile}");
        var code = _process.ExitCode;
        _process.Dispose();
        _process = null;
        return code;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _health.Dispose();
    }
}
