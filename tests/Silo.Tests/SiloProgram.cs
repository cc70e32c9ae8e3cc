using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Anvil.Support;

namespace Anvil.Silo.Tests;

/// <summary>
/// The silo's program, as deploy/setup builds it, in a process of its own on loopback: it can be killed and started again on the same
/// store, and what it uses of the machine is its own.
/// </summary>
public sealed class SiloProgram : IAsyncDisposable
{
    /// <summary>Password of the first user.</summary>
    public const string Password = "the-first-password";

    private static readonly TimeSpan StartTime = TimeSpan.FromMinutes(5);
    private readonly string _program = Path.Combine(Repository.Root, "artifacts", "silo", "anvil-silo");
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("anvil-program-");
    private readonly Ports _ports = new();
    private readonly IReadOnlyList<string> _arguments;
    private Process? _process;

    /// <summary>A program that is not started yet.</summary>
    /// <param name="arguments">Further arguments.</param>
    public SiloProgram(params IReadOnlyList<string> arguments)
    {
        (ApiPort, DhcpPort) = (_ports.Take(), _ports.Take());
        _arguments =
        [
            $"--Silo:DataFolder={DataFolder}", "--Silo:ApiAddress=127.0.0.1", $"--Silo:SiloPort={_ports.Take()}",
            "--Silo:PlainApi:0=loopback",
            $"--Silo:AdminPassword={Password}",
            $"--Edge:ApiPort={ApiPort}", $"--Edge:FilePort={_ports.Take()}", "--Edge:TftpPort=0", "--Edge:BinlPort=0",
            $"--Edge:DhcpPort={DhcpPort}",
            $"--Edge:FileRoot={Path.Combine(_folder.FullName, "files")}", .. arguments,
        ];
        Directory.CreateDirectory(Path.Combine(_folder.FullName, "files"));
        Http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{ApiPort}/api/v3/"), Timeout = TimeSpan.FromMinutes(5) };
    }

    /// <summary>Variables of its environment.</summary>
    public Dictionary<string, string> Environment { get; } = new(StringComparer.Ordinal);

    /// <summary>Files that it may have open; 0: as many as this process.</summary>
    public int OpenFiles { get; init; }

    /// <summary>Port of the API.</summary>
    public int ApiPort { get; }

    /// <summary>Port of DHCP, where an interface is given.</summary>
    public int DhcpPort { get; }

    /// <summary>Folder of its data.</summary>
    public string DataFolder => Path.Combine(_folder.FullName, "data");

    /// <summary>A client with the first user's token.</summary>
    public HttpClient Http { get; }

    /// <summary>True while the process is there.</summary>
    public bool IsRunning => _process is { HasExited: false };

    /// <summary>The most memory that the process has had in RAM, in octets.</summary>
    public long PeakMemory => Support.PeakMemory.Of(_process!.Id);

    /// <summary>What processors have spent on it.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            _process!.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>What it keeps of its memory, in octets: it collects at once.</summary>
    public Task<long> KeptMemoryAsync() => Bounds.KeptMemory.OfAsync(_process!.Id, StartTime);

    private string LogFile => Path.Combine(_folder.FullName, "silo.log");

    /// <summary>Starts it and waits until it says that it is ready.</summary>
    public async Task StartAsync()
    {
        if (!File.Exists(_program)) throw new SetupException($"{_program} is missing: deploy/setup builds it");
        // Its limits are those of the shell that becomes it.
        IReadOnlyList<string> command = OpenFiles == 0 ? [_program, .. _arguments]
            : ["/bin/sh", "-c", "ulimit -n \"$0\" && exec \"$@\"", $"{OpenFiles}", _program, .. _arguments];
        var start = new ProcessStartInfo(command[0], command.Skip(1)) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in Environment) start.Environment[name] = value;
        _process = Process.Start(start)!;
        Commands.LogTo(_process, LogFile);
        await Wait.UntilAsync(IsReadyAsync, StartTime, () => $"the silo is not ready: {LogEnd()}");
        if (Http.DefaultRequestHeaders.Authorization is null) await LogInAsync();
    }

    /// <summary>Sends it SIGKILL.</summary>
    public void Kill() => _process!.Kill();

    /// <summary>Waits for its end.</summary>
    public Task EndAsync() => _process!.WaitForExitAsync();

    /// <summary>The end of what it logged.</summary>
    public string LogEnd() => Log() is var all ? all[Math.Max(0, all.Length - 3000)..] : "";

    /// <summary>All that it logged.</summary>
    public string Log()
    {
        using var reader = new StreamReader(new FileStream(LogFile, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return reader.ReadToEnd();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        if (_process is not null)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
            _process.Dispose();
        }

        _ports.Dispose();
        _folder.Delete(recursive: true);
    }

    private async Task<bool> IsReadyAsync()
    {
        if (!IsRunning) throw new SetupException($"the silo ended with {_process!.ExitCode}: {LogEnd()}");
        try
        {
            using var answer = await Http.GetAsync(new Uri("/readyz", UriKind.Relative));
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    /// <summary>Checking a password costs 19 MiB on purpose, a token nothing.</summary>
    private async Task LogInAsync()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "users/rocketskates/token?ttl=7200");
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic",
            Convert.ToBase64String(Encoding.UTF8.GetBytes($"rocketskates:{Password}")));
        using var answer = await Http.SendAsync(request);
        var token = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["Token"]!.ToString();
        Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }
}
