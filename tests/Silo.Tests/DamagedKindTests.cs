using System.Data.Common;
using System.Globalization;
using System.Net;
using Anvil.Provisioning.Network;
using Anvil.Storage;
using Anvil.Storage.Postgres;
using Anvil.Storage.Sqlite;

namespace Anvil.Silo.Tests;

/// <summary>A row that holds what no silo has written.</summary>
/// <param name="Kind">The kind, as paths name it.</param>
/// <param name="Key">The object's key in paths.</param>
/// <param name="Way">no JSON, wrong type, or readable and against the kind's rule.</param>
/// <param name="Sql">What stores it.</param>
public sealed record DamagedRow(string Kind, string Key, string Way, string Sql)
{
    /// <summary>No JSON.</summary>
    public const string Torn = "torn";

    /// <summary>A field of another type.</summary>
    public const string Wrong = "wrong";

    /// <summary>Readable, and against the rule.</summary>
    public const string Unruly = "unruly";

    private const string Uuid = "bbbbbbbb-0000-4000-8000-00000000000";

    private const string Machine =
        """
        "Name":"no host!","HardwareAddrs":["zz"],"Address":"nowhere","Stage":"nowhere","BootEnv":"nowhere","Workflow":"nowhere",
        "CurrentTask":99,"Tasks":["nowhere"],"Boot":{"Phase":"Dancing"}
        """;

    /// <summary>Rows of every kind, damaged in three ways.</summary>
    /// <param name="octets">The database's expression of a text's octets.</param>
    /// <param name="isPostgres">On PostgreSQL, whose leases have columns of their own.</param>
    public static IReadOnlyList<DamagedRow> All(string octets, bool isPostgres) =>
    [
        .. Documents("templates", "ID", """ "Contents":"{{" """),
        .. Documents("params", "Name", """ "Schema":{"type":7} """),
        .. Documents("tasks", "Name", """ "Templates":[{"Name":"x","Contents":"{{end}}"}],"Prerequisites":["nowhere"] """),
        .. Documents("bootenvs", "Name", """ "Templates":[{"Name":"f","Path":"{{","Contents":"{{"}],"Kernel":"../../etc/passwd" """),
        .. Documents("stages", "Name", """ "Tasks":["nowhere"],"BootEnv":"nowhere","Profiles":["nowhere"] """),
        .. Documents("workflows", "Name", """ "Stages":["nowhere","nowhere"] """),
        .. Documents("profiles", "Name", """ "Profiles":["nowhere"],"Params":{"":1} """),
        .. Documents("subnets", "Name", """ "Subnet":"elsewhere","Enabled":true,"ActiveStart":"z","ActiveEnd":"y" """),
        .. Documents("users", "Name", """ "Roles":["nobody"],"PasswordHash":"x" """),
        .. Documents("roles", "Name", """ "Claims":[{"scope":"","action":"*"}] """),
        .. Documents("tenants", "Name", """ "Users":["nobody"],"Members":{"leases":["x"],"nowhere":[]} """),
        .. Documents("webhooks", "Name", """ "Url":"nowhere","Events":["x",""],"Secret":"sealed:{","Owner":"nobody","Begins":"z" """),
        .. Documents("reservations", "Addr", """ "Token":"","Strategy":"dance","Duration":-5 """, "10.66.0.", IPv4Key),
        Pref("logLevel", Torn, "no json"), Pref("knownTokenTimeout", Wrong, """{"Name":"knownTokenTimeout","Val":[1]}"""),
        Pref("mostUnapproved", Unruly, """{"Name":"mostUnapproved","Val":"soon"}"""),
        Pref("unknownTokenTimeout", Unruly, """{"Name":"unknownTokenTimeout","Val":"99999999999"}"""),
        Pref("keepJobsDays", Unruly, """{"Name":"keepJobsDays","Val":""}"""),
        .. Texts(Uuid, """ "State":{"a":1} """, """ "State":"dancing","Machine":"nobody","Current":true """).Select(t => new DamagedRow(
            "jobs", t.Key, t.Way, "INSERT INTO job (uuid, machine, started, document) "
                + $"VALUES ('{t.Key}', 'm', '2026-01-01T00:00:00Z', '{t.Text("Uuid")}')")),
        .. Texts(Uuid, """ "Name":{"a":1} """, Machine).Select(t => new DamagedRow("machines", t.Key, t.Way,
            "INSERT INTO grain_state (service, type, n0, n1, ext, payload, version) VALUES ('anvil', 'machine', 0, 0, "
                + $"'m-{t.Key}', {string.Format(CultureInfo.InvariantCulture, octets, State(t.Text("Uuid")))}, 3)")),
        .. Texts("10.67.0.", """ "State":[1] """, """ "State":"DANCING","Token":"","ExpireTime":"2090-01-01T00:00:00Z" """)
            .Select(t => new DamagedRow("leases", t.Key, t.Way, isPostgres
                ? "INSERT INTO lease (subnet, address, token, state, expires, document) "
                    + $"VALUES ('gone', {IPv4.Parse(t.Key)}, 't', 'ACK', now(), '{t.Text("Addr")}')"
                : $"INSERT INTO lease (subnet, address, document) VALUES ('gone', {IPv4.Parse(t.Key)}, '{t.Text("Addr")}')")),
    ];

    private static DamagedRow Pref(string name, string way, string body)
        => new("prefs", name, way, $"INSERT INTO document (prefix, key, body) VALUES ('prefs', '{name}', '{body}')");

    private static IEnumerable<DamagedRow> Documents(string kind, string keyField, string unruly, string? prefix = null,
        Func<string, string>? row = null)
        => Texts(prefix ?? $"damaged-{kind}-", """ "Description":{"a":[1]} """, unruly).Select(t => new DamagedRow(kind, t.Key, t.Way,
            $"INSERT INTO document (prefix, key, body) VALUES ('{kind}', '{row?.Invoke(t.Key) ?? t.Key}', '{t.Text(keyField)}')"));

    private static IEnumerable<(string Key, string Way, Func<string, string> Text)> Texts(string prefix, string wrong, string unruly)
        =>
        [
            (prefix + "1", Torn, _ => "no json"),
            (prefix + "2", Wrong, field => $$"""{"{{field}}":"{{prefix}}2",{{wrong}}}"""),
            (prefix + "3", Unruly, field => $$"""{"{{field}}":"{{prefix}}3",{{unruly}}}"""),
        ];

    private static string State(string machine) => $$"""{"Machine":{{machine}},"BootId":"b","Revision":3}""";

    private static string IPv4Key(string address) => IPv4.Hex(IPv4.Parse(address));
}

/// <summary>A silo on a database in which rows of every kind are damaged.</summary>
public abstract class DamagedKindsSilo : SiloFixture
{
    /// <summary>Those that the database took.</summary>
    public IReadOnlyList<DamagedRow> Stored { get; private set; } = [];

    /// <summary>Stores them.</summary>
    protected async Task DamageAsync(Database database, IReadOnlyList<DamagedRow> rows)
    {
        await database.MigrateAsync(CancellationToken.None);
        var stored = new List<DamagedRow>();
        foreach (var row in rows)
        {
            await using var connection = await database.ConnectAsync(CancellationToken.None);
            await using var command = connection.CreateCommand();
            command.CommandText = row.Sql;
            try
            {
                await command.ExecuteNonQueryAsync();
                stored.Add(row);
            }
            catch (DbException) when (row.Way == DamagedRow.Torn)
            {
                // What its column or trigger does not take is nothing that can be there.
            }
        }

        Stored = stored;
    }
}

/// <summary>On SQLite.</summary>
public sealed class DamagedKindsSingleSilo : DamagedKindsSilo
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("anvil-kinds-");

    protected override async Task StartAsync()
    {
        using (var database = new SqliteDatabase(Path.Combine(_folder.FullName, "anvil.db")))
            await DamageAsync(database, DamagedRow.All("CAST('{0}' AS BLOB)", isPostgres: false));
        await AddAsync($"--Edge:ApiPort={ApiPort}", $"--Edge:FilePort={FilePort}", $"--Edge:TftpPort={TftpPort}",
            $"--Silo:DataFolder={_folder.FullName}");
    }
}

/// <summary>On PostgreSQL.</summary>
public sealed class DamagedKindsClusterSilo(PostgresFixture postgres) : DamagedKindsSilo
{
    protected override async Task StartAsync()
    {
        var connection = await postgres.Server.CreateDatabaseAsync();
        await using (var database = new PostgresDatabase(connection))
            await DamageAsync(database, DamagedRow.All("convert_to('{0}', 'UTF8')", isPostgres: true));
        await AddAsync($"--Silo:Postgres={connection}", "--Silo:ClusterAddress=127.0.0.1", $"--Edge:ApiPort={ApiPort}",
            $"--Edge:FilePort={FilePort}", $"--Edge:TftpPort={TftpPort}");
    }
}

/// <summary>Rows of every kind that cannot be used: each is shown, with the reason, and harms nobody else.</summary>
public abstract class DamagedKindTests(DamagedKindsSilo silo)
{
    [Fact]
    public async Task EveryKindServesBesideItsDamagedRowsWhichAreShownAndDeleted()
    {
        var wrong = new List<string>();
        var rows = silo.Stored.Where(r => r.Kind != "prefs").ToList();
        Assert.Equal(16, rows.DistinctBy(r => r.Kind).Count());
        Assert.True(rows.Count >= 42, $"only {rows.Count} rows could be damaged");
        foreach (var row in rows)
        {
            var path = $"{row.Kind}/{row.Key}";
            var (status, shown) = await silo.CallAsync("GET", path);
            if (status != HttpStatusCode.OK) wrong.Add($"{row.Way} {path}: {status} {shown}");
            else if (row.Way != DamagedRow.Unruly && shown!["Available"]!.GetValue<bool>()) wrong.Add($"{row.Way} {path} is available");
            else if (row.Way != DamagedRow.Unruly && shown!["Errors"]!.AsArray().Count == 0)
                wrong.Add($"{row.Way} {path} gives no reason");
            foreach (var (method, where, body) in new[]
            {
                ("GET", row.Kind, null), ("GET", $"{row.Kind}?limit=1000&sort=Key", null), ("GET", $"{row.Kind}?Available=false", null),
                ("PATCH", path, """[{"op":"add","path":"/Description","value":"d"}]"""), ("POST", row.Kind, "{}"),
            })
            {
                var (answer, reason) = await silo.CallAsync(method, where, body);
                if ((int)answer >= 500 || (method == "GET" && answer != HttpStatusCode.OK))
                    wrong.Add($"{row.Way} {method} {where}: {answer} {reason}");
            }
        }

        foreach (var row in rows)
        {
            var (status, reason) = await silo.CallAsync("DELETE", $"{row.Kind}/{row.Key}");
            // A lease of no subnet has nobody who could delete it; a job that says that it runs is not over.
            if (row.Kind is "leases" or "jobs" ? (int)status >= 500 : status != HttpStatusCode.OK)
                wrong.Add($"{row.Way} DELETE {row.Kind}/{row.Key}: {status} {reason}");
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Fact]
    public async Task ABrokenPreferenceIsItsDefaultIsNamedAndIsSetAgain()
    {
        var broken = silo.Stored.Where(r => r.Kind == "prefs").Select(r => r.Key).Order(StringComparer.Ordinal).ToList();
        Assert.Equal(5, broken.Count);
        using var answer = await silo.Http.GetAsync(new Uri("prefs", UriKind.Relative));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(string.Join(", ", broken), Assert.Single(answer.Headers.GetValues("X-Anvil-Unavailable")));
        var prefs = await silo.OkAsync("GET", "prefs");
        Assert.Equal(("info", "3600", "600", "10000", "365"), (prefs["logLevel"]!.ToString(), prefs["knownTokenTimeout"]!.ToString(),
            prefs["unknownTokenTimeout"]!.ToString(), prefs["mostUnapproved"]!.ToString(), prefs["keepJobsDays"]!.ToString()));
        var check = (await silo.CallAsync("GET", "/readyz")).Body!["Checks"]!.AsArray()
            .Single(c => c!["Name"]!.ToString() == "preferences")!;
        Assert.False(check["Ok"]!.GetValue<bool>());
        Assert.All(broken, name => Assert.Contains(name, check["Reason"]!.ToString(), StringComparison.Ordinal));

        // What goes by them: a stranger's token, its registration, a job, and what is kept.
        using var files = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{silo.FilePort}") };
        Assert.Equal(HttpStatusCode.OK, (await files.GetAsync(new Uri("/sledgehammer/agent.json", UriKind.Relative))).StatusCode);
        var machine = (await silo.OkAsync("POST", "machines", """{"Name":"beside","BootEnv":"local","Tasks":["inventory"]}"""))["Uuid"]!;
        await silo.OkAsync("POST", "jobs", $$"""{"Machine":"{{machine}}"}""");
        await silo.OkAsync("GET", "retention");

        await silo.OkAsync("POST", "prefs",
            """
            {"logLevel":"info","knownTokenTimeout":"3600","unknownTokenTimeout":"600","mostUnapproved":"10000","keepJobsDays":"365"}
            """);
        using var mended = await silo.Http.GetAsync(new Uri("prefs", UriKind.Relative));
        Assert.False(mended.Headers.Contains("X-Anvil-Unavailable"));
        Assert.DoesNotContain((await silo.CallAsync("GET", "/readyz")).Body!["Checks"]!.AsArray(),
            c => c!["Name"]!.ToString() == "preferences");
    }
}

/// <summary>On SQLite.</summary>
public sealed class SingleDamagedKindTests(DamagedKindsSingleSilo silo) : DamagedKindTests(silo), IClassFixture<DamagedKindsSingleSilo>;

/// <summary>On PostgreSQL.</summary>
public sealed class ClusterDamagedKindTests(DamagedKindsClusterSilo silo) : DamagedKindTests(silo), IClassFixture<DamagedKindsClusterSilo>;
