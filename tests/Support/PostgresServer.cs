using System.Diagnostics;
using System.Globalization;
using Npgsql;

namespace Anvil.Support;

/// <summary>
/// A PostgreSQL server of the test's own, on a Unix socket in a folder of its own: sockets in the file system are reached across
/// network namespaces, and no port is taken. It can be killed and started again on the same data.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private static readonly TimeSpan StartTime = TimeSpan.FromMinutes(3);
    private readonly string _programs;
    private readonly bool _asRoot = Environment.UserName == "root";
    private Process? _process;
    private readonly bool _isDurable;
    private int _databases;

    private PostgresServer(string programs, string folder, bool isDurable)
        => (_programs, Folder, _isDurable) = (programs, folder, isDurable);

    /// <summary>Folder of data, socket and log.</summary>
    public string Folder { get; }

    /// <summary>What the server logs.</summary>
    public string LogFile => Path.Combine(Folder, "postgres.log");

    /// <summary>Process id of the server, from which all of its processes come.</summary>
    public int Id => _process?.Id ?? 0;

    /// <summary>Makes a server and starts it.</summary>
    /// <param name="isDurable">True: a commit waits for the disk, as in service.</param>
    public static async Task<PostgresServer> StartNewAsync(bool isDurable = false)
    {
        var programs = Directory.Exists("/usr/lib/postgresql")
            ? Directory.EnumerateDirectories("/usr/lib/postgresql")
                .OrderByDescending(d => int.Parse(Path.GetFileName(d), CultureInfo.InvariantCulture)).Select(d => Path.Combine(d, "bin"))
                .FirstOrDefault(d => File.Exists(Path.Combine(d, "initdb")))
            : null;
        var server = new PostgresServer(programs ?? throw new SetupException("PostgreSQL is missing: install the package postgresql"),
            Directory.CreateTempSubdirectory("anvil-pg-").FullName, isDurable);
        try
        {
            if (server._asRoot) Commands.Run("chown", "postgres:postgres", server.Folder);
            server.Run("initdb", "-D", server.Data, "-U", "anvil", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync");
            await server.StartAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Makes an empty database; its connection string.</summary>
    public async Task<string> CreateDatabaseAsync()
    {
        var name = $"anvil{Interlocked.Increment(ref _databases)}";
        await using var connection = new NpgsqlConnection(ConnectionString("postgres"));
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand($"CREATE DATABASE {name}", connection);
        await command.ExecuteNonQueryAsync();
        return ConnectionString(name);
    }

    /// <summary>Starts the server on its data and waits until it answers.</summary>
    public async Task StartAsync()
    {
        // The data are gone with the test: what a crash of the whole machine would lose is of no interest.
        _process = Start("postgres", "-D", Data, "-k", Folder, "-c", "listen_addresses=", "-c",
            _isDurable ? "fsync=on" : "fsync=off", "-c", "max_connections=1000",
            "-c", "shared_buffers=128MB", "-c", "log_lock_waits=on");
        Commands.LogTo(_process, LogFile);
        await Wait.UntilAsync(AnswersAsync, StartTime, () => $"PostgreSQL does not answer; see {LogFile}");
    }

    /// <summary>Kills the server with all its processes, as a crash does.</summary>
    public async Task KillAsync()
    {
        if (_process is null) return;
        // SIGQUIT is PostgreSQL's own crash: every process ends at once, and the next start recovers from the log.
        Commands.Try("kill", "-QUIT", _process.Id.ToString(CultureInfo.InvariantCulture));
        try
        {
            await _process.WaitForExitAsync(new CancellationTokenSource(TimeSpan.FromMinutes(1)).Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
        _process = null;
        NpgsqlConnection.ClearAllPools();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        Directory.Delete(Folder, recursive: true);
    }

    private string Data => Path.Combine(Folder, "data");

    private string ConnectionString(string database) => $"Host={Folder};Username=anvil;Database={database}";

    private async Task<bool> AnswersAsync()
    {
        if (_process is { HasExited: true })
            throw new SetupException($"PostgreSQL ended with {_process.ExitCode}: {await File.ReadAllTextAsync(LogFile)}");
        try
        {
            await using var connection = new NpgsqlConnection(ConnectionString("postgres") + ";Pooling=false;Timeout=3");
            await connection.OpenAsync();
            return true;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }

    /// <summary>PostgreSQL refuses to run as root.</summary>
    private Process Start(string program, params string[] arguments)
    {
        var path = Path.Combine(_programs, program);
        return _asRoot ? Commands.Start("setpriv", ["--reuid=postgres", "--regid=postgres", "--clear-groups", path, .. arguments])
            : Commands.Start(path, arguments);
    }

    private void Run(string program, params string[] arguments)
    {
        using var process = Start(program, arguments);
        var error = process.StandardError.ReadToEndAsync();
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0) throw new SetupException($"{program} ended with {process.ExitCode}: {error.Result}");
    }
}
