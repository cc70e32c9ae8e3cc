using System.Net;
using System.Text.Json.Nodes;
using Anvil.Contracts.Timeline;
using Anvil.Grains.Retention;
using Anvil.Storage;
using Anvil.Storage.Sqlite;
using Dapper;
using Microsoft.Data.Sqlite;

namespace Anvil.Silo.Tests.Health;

/// <summary>A silo on a small disk of its own.</summary>
public sealed class SmallDiskSilo : SiloFixture
{
    private readonly DirectoryInfo _disk = Directory.CreateTempSubdirectory("anvil-disk-");

    public string Disk => _disk.FullName;

    protected override Task StartAsync()
    {
        Commands.Run("mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", Disk);
        return AddAsync($"--Edge:ApiPort={ApiPort}", $"--Edge:FilePort={FilePort}", $"--Edge:TftpPort={TftpPort}",
            $"--Silo:DataFolder={Path.Combine(Disk, "data")}");
    }

    public void Unmount()
    {
        SqliteConnection.ClearAllPools();
        Commands.Run("umount", "-l", Disk);
        _disk.Delete();
    }
}

/// <summary>What the API and /readyz say while the database cannot be written.</summary>
public sealed class FaultySiloTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task AFullDiskIsNamedByTheApiAndByTheHealthCheckAndIsOverWhenThereIsRoom()
    {
        var silo = new SmallDiskSilo();
        try
        {
            await silo.InitializeAsync();
            var filler = Path.Combine(silo.Disk, "filler");
            Fill(filler);
            var text = new string('t', 3 << 20);
            var (status, refused) = await silo.CallAsync("POST", "profiles", $$"""{"Name":"big","Description":"{{text}}"}""");
            Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
            Assert.Equal("the database's disk is full: nothing can be written until there is room", refused!["Messages"]![0]!.ToString());
            (status, refused) = await silo.CallAsync("POST", "machines", $$"""{"Name":"big","Description":"{{text}}"}""");
            Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
            Assert.Contains("disk is full", refused!["Messages"]![0]!.ToString(), StringComparison.Ordinal);
            var check = await DatabaseAsync(silo);
            Assert.False(check["Ok"]!.GetValue<bool>());
            Assert.Contains("disk is full", check["Reason"]!.ToString(), StringComparison.Ordinal);
            File.Delete(filler);
            Assert.Equal(HttpStatusCode.Created, (await silo.CallAsync("POST", "profiles", """{"Name":"small"}""")).Status);
        }
        finally
        {
            await silo.DisposeAsync();
            silo.Unmount();
        }
    }

    [Fact]
    public async Task AFileThatIsDamagedWhileTheSiloRunsIsNamed()
    {
        await using var silo = new SingleSilo();
        await silo.InitializeAsync();
        var file = ((SqliteDatabase)silo.Service<Database>()).Name["SQLite ".Length..];
        await using (var connection = await silo.Service<Database>().ConnectAsync(CancellationToken.None))
            await connection.ExecuteAsync("PRAGMA wal_checkpoint(TRUNCATE)");
        await using (var stream = new FileStream(file, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
            await stream.WriteAsync(new byte[100]);
        JsonNode check = new JsonObject();
        await Wait.UntilAsync(async () => !(check = await DatabaseAsync(silo))["Ok"]!.GetValue<bool>(), Soon,
            () => "the damage is not told");
        Assert.Contains("damaged (malformed): end the silo and restore a backup", check["Reason"]!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ASiloDoesNotStartOnADamagedFileAndSaysWhatToDo()
    {
        var folder = Directory.CreateTempSubdirectory("anvil-refused-");
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "anvil.db"), "-- PostgreSQL database dump");
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(
            () => SiloHost.BuildAsync([$"--Silo:DataFolder={folder.FullName}"]));
        Assert.Contains("is no SQLite database", refused.Message, StringComparison.Ordinal);
        Assert.Contains("What to do", refused.Message, StringComparison.Ordinal);
        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task ATrimmedTimelineSaysSoInItsFirstLineAndALeasesHistoryInItsHeader()
    {
        await using var silo = new SingleSilo();
        await silo.InitializeAsync();
        var uuid = (await silo.CallAsync("POST", "machines", """{"Name":"m1","HardwareAddrs":["02:00:00:00:00:01"]}""")).Body!["Uuid"]!
            .ToString();
        var old = DateTimeOffset.UtcNow.AddDays(-40);
        var lines = Enumerable.Range(0, 1500).Select(i => new TimelineEntry(old.AddSeconds(i), uuid, "", "dhcp", $"{i}", "", "")).ToList();
        lines.Add(new TimelineEntry(DateTimeOffset.UtcNow, uuid, "", "dhcp", "kept", "", ""));
        await silo.Service<ITimelineStore>().AppendAsync(lines, CancellationToken.None);
        await using (var connection = await silo.Service<Database>().ConnectAsync(CancellationToken.None))
            await connection.ExecuteAsync(
                "INSERT INTO lease_history (subnet, address, token, since, expires, ended) VALUES ('s', 1, 't', 1, 2, 2)");
        Assert.True(await silo.Service<RetentionService>().TrimAsync(CancellationToken.None));
        var timeline = (await silo.CallAsync("GET", $"machines/{uuid}/timeline")).Body!.AsArray();
        Assert.StartsWith("1500 older lines were trimmed, up to ", timeline[0]!["Outcome"]!.ToString(), StringComparison.Ordinal);
        Assert.Equal("retention", timeline[0]!["Source"]!.ToString());
        Assert.Contains("kept", timeline.Select(l => l!["What"]!.ToString()));
        Assert.StartsWith("older lines are kept no longer: 1500 of all",
            (await silo.CallAsync("GET", "timeline/02:00:00:00:00:09")).Body![0]!["Outcome"]!.ToString(), StringComparison.Ordinal);
        using var history = await silo.Http.GetAsync("leases/10.0.0.1/history");
        Assert.Equal("1 holds of all addresses, up to 1970-01-01 00:00:00Z", history.Headers.GetValues("X-Anvil-Trimmed").Single());
        Assert.Equal(1500, (await silo.CallAsync("GET", "retention")).Body![0]!["Trimmed"]!.GetValue<int>());
    }

    private static async Task<JsonNode> DatabaseAsync(SiloFixture silo)
    {
        using var http = new HttpClient();
        var body = JsonNode.Parse(await http.GetStringAsync($"http://127.0.0.1:{silo.ApiPort}/readyz"))!;
        return body["Checks"]!.AsArray().Single(c => c!["Name"]!.ToString() == "database")!;
    }

    private static void Fill(string file)
    {
        using var stream = new FileStream(file, FileMode.Create, FileAccess.Write, FileShare.None, 1);
        try
        {
            while (true) stream.Write(new byte[4096]);
        }
        catch (IOException)
        {
            // Full.
        }
    }
}
