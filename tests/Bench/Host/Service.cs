using System.Diagnostics;
using Anvil.Support;

namespace Anvil.Bench.Host;

/// <summary>A server that is measured: a process in a namespace, with a folder of its own.</summary>
internal abstract class Service(NetworkNamespace host, string folder, string name) : IAsyncDisposable
{
    private static readonly TimeSpan StartTime = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan EndTime = TimeSpan.FromSeconds(20);
    private Process? _process;

    /// <summary>What it is called in the table.</summary>
    public string Name { get; } = name;

    /// <summary>Where it runs.</summary>
    public NetworkNamespace Host { get; } = host;

    /// <summary>Where its data lie.</summary>
    public string Folder { get; } = Directory.CreateDirectory(Path.Combine(folder, name)).FullName;

    /// <summary>Processor time that it has used so far, in seconds.</summary>
    public virtual double CpuSeconds => Tree.CpuSeconds() + Beside.Sum(p => p.CpuSeconds());

    /// <summary>Processor time in which its runtime has compiled what runs often, in seconds; 0 for what compiles nothing.</summary>
    public double CompilerSeconds => Tree.SecondsOfThreads(".NET Tiered Com");

    /// <summary>What works for it, and counts as its own: its database, other silos of its cluster.</summary>
    public IReadOnlyList<ProcessTree> Beside { get; set; } = [];

    /// <summary>Its memory in RAM, in MB.</summary>
    public double ResidentMegabytes => Tree.ResidentMegabytes();

    /// <summary>Its processes.</summary>
    public ProcessTree Tree => new(_process!.Id);

    private string LogFile => Path.Combine(Folder, "log");

    /// <summary>Starts it, and waits until it serves.</summary>
    public async Task StartAsync(CancellationToken cancellation, bool isLaunched = false)
    {
        if (!isLaunched) Launch();
        await Wait.UntilAsync(async () => !IsRunning || await IsReadyAsync(cancellation), StartTime,
            () => $"{Name} is not ready: {LogEnd()}",
            cancellation);
        if (!IsRunning) throw new SetupException($"{Name} ended with {_process!.ExitCode}: {LogEnd()}");
    }

    /// <summary>Starts it.</summary>
    public void Launch()
    {
        Prepare();
        var start = new ProcessStartInfo("ip", ["netns", "exec", Host.Name, .. Command()])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = Folder,
        };
        start.Environment["LD_LIBRARY_PATH"] = PeerPrograms.Libraries;
        foreach (var (key, value) in Environment) start.Environment[key] = value;
        _process = Process.Start(start) ?? throw new SetupException($"{Name} does not start");
        Commands.LogTo(_process, LogFile);
    }

    /// <summary>Ends it, and waits for its end.</summary>
    public async Task StopAsync()
    {
        if (_process is null) return;
        if (IsRunning)
        {
            Commands.Try("kill", "-TERM", _process.Id.ToString(CultureInfo.InvariantCulture));
            using var deadline = new CancellationTokenSource(EndTime);
            try
            {
                await _process.WaitForExitAsync(deadline.Token);
            }
            catch (OperationCanceledException)
            {
                _process.Kill(entireProcessTree: true);
                await _process.WaitForExitAsync(CancellationToken.None);
            }
        }

        _process.Dispose();
        _process = null;
    }

    /// <inheritdoc/>
    public virtual async ValueTask DisposeAsync()
    {
        await StopAsync();
        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>Variables of its environment.</summary>
    public Dictionary<string, string> Environment { get; } = new(StringComparer.Ordinal);

    /// <summary>True while the process lives.</summary>
    public bool IsRunning => _process is { HasExited: false };

    /// <summary>The end of what it said.</summary>
    public string LogEnd()
    {
        if (!File.Exists(LogFile)) return "";
        using var reader = new StreamReader(new FileStream(LogFile, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        var all = reader.ReadToEnd();
        return all[Math.Max(0, all.Length - 600)..].ReplaceLineEndings(" ");
    }

    /// <summary>Writes its configuration.</summary>
    protected virtual void Prepare()
    {
    }

    /// <summary>Program and arguments; it stays in the foreground.</summary>
    protected abstract IReadOnlyList<string> Command();

    /// <summary>True when it serves.</summary>
    protected abstract Task<bool> IsReadyAsync(CancellationToken cancellation);

    /// <summary>True when somebody listens on a UDP port of the namespace (proc_net(5) by the process's own view).</summary>
    protected bool ListensOnUdp(int port)
    {
        var file = $"/proc/{_process!.Id}/net/udp";
        var hex = $":{port:X4} ";
        return File.Exists(file) && File.ReadLines(file).Any(l => l.Contains(hex, StringComparison.Ordinal));
    }

    /// <summary>True when somebody listens on a TCP port of the namespace.</summary>
    protected bool ListensOnTcp(int port)
    {
        var hex = $":{port:X4} 00000000:0000 0A";
        return new[] { "tcp", "tcp6" }.Select(f => $"/proc/{_process!.Id}/net/{f}").Where(File.Exists)
            .Any(f => File.ReadLines(f).Any(l => l.Contains(hex, StringComparison.Ordinal)
                || l.Contains($":{port:X4} 00000000000000000000000000000000:0000 0A", StringComparison.Ordinal)));
    }
}
