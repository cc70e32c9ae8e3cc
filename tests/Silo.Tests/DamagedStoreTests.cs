using System.Globalization;
using System.Net;
using Anvil.Contracts.Catalog;
using Anvil.Edge.Machines;
using Anvil.Storage;
using Anvil.Storage.Postgres;
using Anvil.Storage.Sqlite;

namespace Anvil.Silo.Tests;

/// <summary>A silo on a database and on content packs that hold objects which cannot be read.</summary>
public abstract class DamagedSilo : SiloFixture
{
    /// <summary>A machine with a field that cannot be read.</summary>
    public const string Damaged = "aaaaaaaa-0000-4000-8000-000000000001";

    /// <summary>A machine with several.</summary>
    public const string Torn = "aaaaaaaa-0000-4000-8000-000000000002";

    private readonly DirectoryInfo _content = Directory.CreateTempSubdirectory("anvil-packs-");

    /// <summary>Stores rows, two of which are damaged.</summary>
    /// <param name="database">The database.</param>
    /// <param name="octets">Its expression of a text's octets.</param>
    protected static async Task DamageAsync(Database database, string octets)
    {
        await database.MigrateAsync(CancellationToken.None);
        await using var connection = await database.ConnectAsync(CancellationToken.None);
        foreach (var (prefix, key, body) in new[]
        {
            ("stages", "damaged", """{"Name":"damaged","Tasks":[null]}"""), ("stages", "half", """{"Name":"ha"""), ("racks", "r1", "{}"),
            ("profiles", "whole", """{"Name":"whole","Description":"as it was"}"""),
        })
        {
            await using var command = connection.CreateCommand();
            command.CommandText = $"INSERT INTO document (prefix, key, body) VALUES ('{prefix}', '{key}', '{body}')";
            await command.ExecuteNonQueryAsync();
        }

        foreach (var (uuid, machine) in new[]
        {
            (Damaged,
                """{"Uuid":"@","Name":"damaged","HardwareAddrs":["02:00:00:00:00:d1"],"Profiles":5,"Description":"mine"}"""),
            (Torn, """{"Uuid":"@","Name":"torn","HardwareAddrs":["02:00:00:00:00:d2"],"Profiles":[null],"Params":[1],"BootEnv":7}"""),
        })
        {
            await using var command = connection.CreateCommand();
            var state = $$"""{"Machine":{{machine.Replace("@", uuid, StringComparison.Ordinal)}},"BootId":"b","Revision":3}""";
            command.CommandText = "INSERT INTO grain_state (service, type, n0, n1, ext, payload, version) "
                + $"VALUES ('anvil', 'machine', 0, 0, 'm-{uuid}', {string.Format(CultureInfo.InvariantCulture, octets, state)}, 3)";
            await command.ExecuteNonQueryAsync();
        }
    }

    /// <summary>The packs that come with Anvil, and one with faults.</summary>
    protected string Packs()
    {
        var own = Path.Combine(AppContext.BaseDirectory, "content");
        foreach (var file in Directory.EnumerateFiles(own, "*", SearchOption.AllDirectories))
            Add(Path.GetRelativePath(own, file), File.ReadAllText(file));
        Add("faulty/meta.yml", "Name: faulty");
        Add("faulty/racks/r.yml", "Name: r");
        Add("faulty/bootenvs/local.yml", "Name: local\nDescription: another local");
        Add("faulty/stages/none.yml", "Name: none\nTasks:\n  -\n");
        Add("faulty/stages/s.yml", "Name: null-task\nTasks:\n  -\n");
        Add("faulty/profiles/a.yml", "Name: twin\nDescription: first");
        Add("faulty/profiles/b.yml", "Name: twin\nDescription: second");
        Add("faulty/profiles/m.yml", "Name: labelled\nMeta:\n  order: 5");
        Add("faulty/profiles/n.yml", "a: b: c");
        return _content.FullName;
    }

    private void Add(string path, string text)
    {
        var file = Path.Combine(_content.FullName, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }
}

/// <summary>On SQLite.</summary>
public sealed class DamagedSingleSilo : DamagedSilo
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("anvil-damaged-");

    protected override async Task StartAsync()
    {
        using (var database = new SqliteDatabase(Path.Combine(_folder.FullName, "anvil.db")))
            await DamageAsync(database, "CAST('{0}' AS BLOB)");
        await AddAsync($"--Edge:ApiPort={ApiPort}", $"--Edge:FilePort={FilePort}", $"--Edge:TftpPort={TftpPort}",
            $"--Silo:DataFolder={_folder.FullName}", $"--Silo:ContentFolder={Packs()}");
    }
}

/// <summary>On PostgreSQL.</summary>
public sealed class DamagedClusterSilo(PostgresFixture postgres) : DamagedSilo
{
    protected override async Task StartAsync()
    {
        var connection = await postgres.Server.CreateDatabaseAsync();
        await using (var database = new PostgresDatabase(connection)) await DamageAsync(database, "convert_to('{0}', 'UTF8')");
        await AddAsync($"--Silo:Postgres={connection}", "--Silo:ClusterAddress=127.0.0.1", $"--Edge:ApiPort={ApiPort}",
            $"--Edge:FilePort={FilePort}", $"--Edge:TftpPort={TftpPort}", $"--Silo:ContentFolder={Packs()}");
    }
}

/// <summary>What cannot be read is shown as unavailable, and everything else serves.</summary>
public abstract class DamagedStoreTests(SiloFixture silo)
{
    [Fact]
    public async Task ADamagedObjectIsUnavailableUntilItIsReplacedAndEverythingElseServes()
    {
        var damaged = (await silo.CallAsync("GET", "stages/damaged")).Body!;
        Assert.Equal((false, false), (damaged["Available"]!.GetValue<bool>(), damaged["Validated"]!.GetValue<bool>()));
        Assert.Contains("/Tasks/0", damaged["Errors"]![0]!.ToString(), StringComparison.Ordinal);
        Assert.Equal("as it was", (await silo.CallAsync("GET", "profiles/whole")).Body!["Description"]!.ToString());
        Assert.Equal(HttpStatusCode.OK, (await silo.CallAsync("GET", "stages")).Status);
        Assert.Equal(HttpStatusCode.Created, (await silo.CallAsync("POST", "stages", """{"Name":"beside"}""")).Status);
        var (patched, reason) = await silo.CallAsync("PATCH", "stages/damaged", """[{"op":"add","path":"/Description","value":"d"}]""");
        Assert.Equal(HttpStatusCode.Conflict, patched);
        Assert.Contains("replace or delete it", reason!["Messages"]!.ToJsonString(), StringComparison.Ordinal);
        var (status, replaced) = await silo.CallAsync("PUT", "stages/damaged", """{"Name":"damaged"}""");
        Assert.Equal((HttpStatusCode.OK, true), (status, replaced!["Available"]!.GetValue<bool>()));
        Assert.Equal(HttpStatusCode.OK, (await silo.CallAsync("DELETE", "stages/half")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await silo.CallAsync("GET", "stages/half")).Status);
    }

    [Fact]
    public async Task ADamagedMachineIsShownReplacedAndDeletedAndHarmsNoOther()
    {
        var (created, sound) = await silo.CallAsync("POST", "machines", """{"Name":"sound","HardwareAddrs":["02:00:00:00:00:d3"]}""");
        Assert.Equal(HttpStatusCode.Created, created);
        foreach (var list in new[] { "machines", "machines?Name=Re(.)", "machines?sort=Name&limit=50", "machines?BootEnv=Ne(x)" })
        {
            var rows = (await silo.CallAsync("GET", list)).Body!.AsArray();
            var damaged = rows.Single(m => m!["Uuid"]!.ToString() == DamagedSilo.Damaged)!;
            Assert.Equal(("damaged", "mine", false),
                (damaged["Name"]!.ToString(), damaged["Description"]!.ToString(), damaged["Available"]!.GetValue<bool>()));
            Assert.Equal("the stored object is damaged: /Profiles cannot be read", damaged["Errors"]![0]!.ToString());
            Assert.Contains(rows, m => m!["Name"]!.ToString() == "sound");
            Assert.Contains(rows, m => m!["Name"]!.ToString() == "torn" && !m["Available"]!.GetValue<bool>());
        }

        foreach (var uuid in new[] { DamagedSilo.Damaged, DamagedSilo.Torn })
        {
            var (found, shown) = await silo.CallAsync("GET", $"machines/{uuid}");
            Assert.Equal((HttpStatusCode.OK, uuid, false), (found, shown!["Uuid"]!.ToString(), shown["Available"]!.GetValue<bool>()));
            foreach (var (verb, path, body) in new[]
            {
                ("PATCH", $"machines/{uuid}", """[{"op":"add","path":"/Description","value":"d"}]"""),
                ("POST", "jobs", $$"""{"Machine":"{{uuid}}"}"""),
            })
            {
                var (refused, reason) = await silo.CallAsync(verb, path, body);
                Assert.Equal(HttpStatusCode.Conflict, refused);
                Assert.Contains("replace or delete it", reason!["Messages"]!.ToJsonString(), StringComparison.Ordinal);
            }
        }

        Assert.Equal(HttpStatusCode.OK,
            (await silo.CallAsync("PATCH", $"machines/{sound!["Uuid"]}", """[{"op":"add","path":"/Description","value":"d"}]""")).Status);
        var machines = silo.Service<KnownMachines>();
        using (var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30)))
        {
            // The edge knows each of them, and boots nothing of those whose rows are damaged.
            Assert.Equal("", (await machines.FindAsync("02:00:00:00:00:d1", deadline.Token))!.BootEnv);
            Assert.Equal("", (await machines.FindAsync("02:00:00:00:00:d2", deadline.Token))!.BootEnv);
            Assert.NotEqual("", (await machines.FindAsync("02:00:00:00:00:d3", deadline.Token))!.BootEnv);
        }

        var (status, replaced) = await silo.CallAsync("PUT", $"machines/{DamagedSilo.Damaged}",
            $$"""
            {"Uuid":"{{DamagedSilo.Damaged}}","Name":"damaged","HardwareAddrs":["02:00:00:00:00:d1"],"Description":"new",
             "BootEnv":"local","Stage":"none","Arch":"amd64"}
            """);
        Assert.Equal((HttpStatusCode.OK, true, "new"),
            (status, replaced!["Available"]!.GetValue<bool>(), replaced["Description"]!.ToString()));
        Assert.Equal(HttpStatusCode.OK, (await silo.CallAsync("PATCH", $"machines/{DamagedSilo.Damaged}",
            """[{"op":"add","path":"/Description","value":"d"}]""")).Status);
        Assert.Equal(HttpStatusCode.OK, (await silo.CallAsync("DELETE", $"machines/{DamagedSilo.Torn}")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await silo.CallAsync("GET", $"machines/{DamagedSilo.Torn}")).Status);
    }

    [Fact]
    public async Task AContentPackWithFaultsGivesWhatItHasBesides()
    {
        Assert.Equal("first", (await silo.CallAsync("GET", "profiles/twin")).Body!["Description"]!.ToString());
        Assert.Equal("5", (await silo.CallAsync("GET", "profiles/labelled")).Body!["Meta"]!["order"]!.ToString());
        // An object of Anvil's own pack gives way to one of another pack (DRP's basic store), but to none that cannot be read.
        Assert.Equal("faulty", (await silo.CallAsync("GET", "bootenvs/local")).Body!["Bundle"]!.ToString());
        Assert.Equal("anvil", (await silo.CallAsync("GET", "stages/none")).Body!["Bundle"]!.ToString());
        var broken = (await silo.CallAsync("GET", "stages/null-task")).Body!;
        Assert.False(broken["Available"]!.GetValue<bool>());
        Assert.Contains("/Tasks/0", broken["Errors"]![0]!.ToString(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.BadRequest, (await silo.CallAsync("DELETE", "stages/null-task")).Status);
        var ready = (await silo.CallAsync("GET", "/readyz")).Body!;
        Assert.Equal((true, true), (ready["Ready"]!.GetValue<bool>(), ready["Degraded"]!.GetValue<bool>()));
        var content = ready["Checks"]!.AsArray().Single(c => c!["Name"]!.ToString() == "content")!;
        Assert.Equal((false, false), (content["Ok"]!.GetValue<bool>(), content["Needed"]!.GetValue<bool>()));
        Assert.Contains("faulty/", content["Reason"]!.ToString(), StringComparison.Ordinal);
        Assert.Contains("give way to those of others: faulty/bootenvs/local.yml", content["Reason"]!.ToString(), StringComparison.Ordinal);
    }
}

/// <summary>On SQLite.</summary>
public sealed class SingleDamagedStoreTests(DamagedSingleSilo silo) : DamagedStoreTests(silo), IClassFixture<DamagedSingleSilo>;

/// <summary>On PostgreSQL.</summary>
public sealed class ClusterDamagedStoreTests(DamagedClusterSilo silo) : DamagedStoreTests(silo), IClassFixture<DamagedClusterSilo>;
