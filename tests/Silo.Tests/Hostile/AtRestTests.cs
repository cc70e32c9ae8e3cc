using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace Anvil.Silo.Tests.Hostile;

/// <summary>What lies in the data folder is its owner's alone.</summary>
public sealed class AtRestTests : IAsyncLifetime
{
    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    private const UnixFileMode Open = (UnixFileMode)0x1FF;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("anvil-rest-");

    private string Data => Path.Combine(_folder.FullName, "data");

    public ValueTask InitializeAsync()
    {
        // As mktemp makes it nobody else would get as far as the data folder.
        File.SetUnixFileMode(_folder.FullName, (UnixFileMode)0x1ED);
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        _folder.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task NothingInTheDataFolderIsForOthersWhateverWasThereBefore()
    {
        await using (var silo = new RestingSilo(Data))
        {
            await silo.InitializeAsync();
            await silo.WorkAsync();
            Assert.Empty(ForOthers(published: false));
            Assert.Contains("anvil.db", Names());
            Assert.Contains("secret-key", Names());
            Assert.Contains("job-logs", Names());
        }

        Directory.CreateDirectory(Path.Combine(Data, "backups", "old"));
        await File.WriteAllTextAsync(Path.Combine(Data, "backups", "old", "anvil.db"), "x");
        await File.WriteAllTextAsync(Path.Combine(Data, "anvil.log"), "x");
        await File.WriteAllTextAsync(Path.Combine(Data, "anvil.db-wal.copy"), "x");
        Directory.CreateDirectory(Path.Combine(Data, "files"));
        await File.WriteAllTextAsync(Path.Combine(Data, "files", "vmlinuz"), "x");
        var elsewhere = Path.Combine(_folder.FullName, "elsewhere");
        await File.WriteAllTextAsync(elsewhere, "x");
        foreach (var entry in new DirectoryInfo(Data).EnumerateFileSystemInfos("*", SearchOption.AllDirectories))
            entry.UnixFileMode = Open;
        new DirectoryInfo(Data).UnixFileMode = Open;
        File.SetUnixFileMode(elsewhere, Open);
        File.CreateSymbolicLink(Path.Combine(Data, "link"), elsewhere);

        await using (var silo = new RestingSilo(Data))
        {
            await silo.InitializeAsync();
            Assert.Empty(ForOthers(published: false));
            // Boot files are for everybody, and what a link leads to is not this folder's.
            Assert.Equal(Open, File.GetUnixFileMode(Path.Combine(Data, "files", "vmlinuz")));
            Assert.Equal(Open, File.GetUnixFileMode(elsewhere));
            await silo.WorkAsync();
            Assert.Empty(ForOthers(published: false));
        }
    }

    [Theory]
    [InlineData("", "0777")]
    [InlineData("", "0755")]
    [InlineData("anvil.db", "0644")]
    [InlineData("secret-key", "0640")]
    [InlineData("job-logs", "0755")]
    public async Task WhatIsSomebodyElsesIsRefusedWithTheCommandThatMendsIt(string name, string mode)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root can be another user");
        var bits = (UnixFileMode)Convert.ToInt32(mode, 8);
        Directory.CreateDirectory(Data);
        var path = name.Length == 0 ? Data : Path.Combine(Data, name);
        if (name == "job-logs") Directory.CreateDirectory(path);
        else if (name.Length > 0) await File.WriteAllTextAsync(path, "x");
        File.SetUnixFileMode(path, bits);
        if (name.Length > 0) await RunAsync("chown", "65534:65534", Data);
        if (name.Length > 0) File.SetUnixFileMode(Data, (UnixFileMode)0x1C0);
        var (code, said) = await StartAsNobodyAsync();
        Assert.Equal(1, code);
        Assert.Contains($"chmod go= '{path}'", said, StringComparison.Ordinal);
        Assert.Equal(bits, File.GetUnixFileMode(path));
    }

    [Fact]
    public async Task AnotherUsersSiloMendsWhatIsItsOwn()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root can be another user");
        Directory.CreateDirectory(Data);
        await File.WriteAllTextAsync(Path.Combine(Data, "secret-key"), "no key");
        File.SetUnixFileMode(Path.Combine(Data, "secret-key"), (UnixFileMode)0x1A4);
        await RunAsync("chown", "-R", "65534:65534", Data);
        File.SetUnixFileMode(Data, (UnixFileMode)0x1ED);
        // It does not start, since that is no key; but before that it has mended the modes, and made a database of its own.
        var (code, said) = await StartAsNobodyAsync();
        Assert.Equal(1, code);
        Assert.Contains("holds no key", said, StringComparison.Ordinal);
        Assert.Empty(ForOthers(published: true));
        Assert.Contains("anvil.db", Names());
    }

    [Fact]
    public async Task AKeyThatOthersCanReadIsMendedOrRefused()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root can be another user");
        var key = Path.Combine(_folder.FullName, "key");
        await File.WriteAllTextAsync(key, "no key");
        File.SetUnixFileMode(key, (UnixFileMode)0x1A4);
        Directory.CreateDirectory(Data);
        await RunAsync("chown", "-R", "65534:65534", Data);
        var (code, said) = await StartAsNobodyAsync($"--Silo:SecretKeyFile={key}");
        Assert.Equal(1, code);
        Assert.Contains($"chmod o=,g-w '{key}'", said, StringComparison.Ordinal);
        // Its owner mends it; its group may read it, as Kubernetes gives secrets to a group.
        File.SetUnixFileMode(key, (UnixFileMode)0x1B4);
        DataFolder.SecureKey(key);
        Assert.Equal((UnixFileMode)0x1A0, File.GetUnixFileMode(key));
    }

    private static async Task<(int Code, string Said)> RunAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            WorkingDirectory = "/",
        };
        start.Environment["HOME"] = "/nonexistent";
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        using var process = Process.Start(start)!;
        var said = Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        try
        {
            await process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(3));
        }
        catch (TimeoutException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        return (process.ExitCode, string.Concat(await said));
    }

    /// <summary>The program beside the tests, as another user.</summary>
    private Task<(int Code, string Said)> StartAsNobodyAsync(params string[] more)
        => RunAsync("setpriv",
            [
                "--reuid=65534", "--regid=65534", "--clear-groups", "dotnet", Path.Combine(AppContext.BaseDirectory, "anvil-silo.dll"),
                $"--Silo:DataFolder={Data}", "--Silo:ApiAddress=127.0.0.1", .. more,
            ]);

    private IEnumerable<string> Names() => new DirectoryInfo(Data).EnumerateFileSystemInfos().Select(e => e.Name);

    private List<string> ForOthers(bool published)
        => [.. new DirectoryInfo(Data).EnumerateFileSystemInfos("*", SearchOption.AllDirectories).Append(new DirectoryInfo(Data))
            .Where(e => e.LinkTarget is null)
            .Where(e => published || !e.FullName.StartsWith(Path.Combine(Data, "files"), StringComparison.Ordinal))
            .Where(e => (e.UnixFileMode & Others) != UnixFileMode.None).Select(e => $"{e.FullName} {e.UnixFileMode}")];

    /// <summary>A silo on a data folder that is given.</summary>
    private sealed class RestingSilo(string data) : SiloFixture
    {
        protected override Task StartAsync()
            => AddAsync($"--Edge:ApiPort={ApiPort}", $"--Edge:FilePort={FilePort}", $"--Edge:TftpPort={TftpPort}",
                $"--Silo:DataFolder={data}", "--Edge:FileRoot=files");

        /// <summary>Writes what is written: the database and its journals, a job's log.</summary>
        public async Task WorkAsync()
        {
            var name = $"rest-{Guid.NewGuid():N}";
            await CallAsync("POST", "tasks", $$"""{"Name":"{{name}}"}""");
            var machine = (await CallAsync("POST", "machines",
                $$"""{"Name":"{{name}}","Stage":"none","BootEnv":"local","Tasks":["{{name}}"]}""")).Body!["Uuid"]!.ToString();
            var job = (await CallAsync("POST", "jobs", $$"""{"Machine":"{{machine}}"}""")).Body!["Uuid"]!.ToString();
            using var log = new ByteArrayContent(Encoding.UTF8.GetBytes("secret"));
            log.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
            using var answer = await Http.PutAsync($"jobs/{job}/log", log);
            Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        }
    }
}
