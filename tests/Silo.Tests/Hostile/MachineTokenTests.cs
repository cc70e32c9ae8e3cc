using System.Net;
using System.Text.Json.Nodes;
using Anvil.Contracts;
using Anvil.Contracts.Access;
using Anvil.Contracts.Catalog;
using Anvil.Contracts.Machines;
using Anvil.Contracts.Subnets;
using Anvil.Edge.Dhcp;
using Anvil.Objects.Access;
using Anvil.Objects.Verbs;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Jobs;
using Anvil.Protocols.Dhcp;
using Anvil.Provisioning.Machines;
using Anvil.Provisioning.Network;
using Microsoft.Extensions.Time.Testing;

namespace Anvil.Silo.Tests.Hostile;

/// <summary>What a machine's own token may do, that of a boot, of a running job, and of a registration: nothing that takes it
/// further.</summary>
public abstract class MachineTokenTests(SiloFixture silo)
{
    private const string Secret = "the-root-password-4711";
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(5);
    private readonly string _name = $"mt-{Guid.NewGuid():N}"[..16];

    public static TheoryData<string> WhatDecidesWhatItRuns =>
    [
        """[{"op":"add","path":"/Profiles/-","value":"PROFILE"}]""",
        """[{"op":"replace","path":"/Profiles","value":["PROFILE"]}]""",
        """[{"op":"replace","path":"/Workflow","value":"wipe"}]""",
        """[{"op":"replace","path":"/Stage","value":"local"}]""",
        """[{"op":"replace","path":"/BootEnv","value":"sledgehammer"}]""",
        """[{"op":"replace","path":"/Tasks","value":["inventory"]}]""",
        """[{"op":"replace","path":"/CurrentTask","value":-1}]""",
        """[{"op":"add","path":"/Params/access-keys","value":{"me":"k"} }]""",
        """[{"op":"add","path":"/Params/hardware","value":1}]""",
        """[{"op":"replace","path":"/Params","value":{} }]""",
        """[{"op":"copy","from":"/Params","path":"/Params/hardware~1cpu"},{"op":"move","from":"/Name","path":"/OS"}]""",
        """[{"op":"replace","path":"","value":{} }]""",
        """[{"op":"replace","path":"/Name","value":"another"}]""",
        """[{"op":"replace","path":"/Secret","value":"my own secret"}]""",
        """[{"op":"replace","path":"/Locked","value":true}]""",
        """[{"op":"replace","path":"/Meta","value":{"x":"y"} }]""",
        """[{"op":"replace","path":"/Address","value":"10.1.2.3"}]""",
        """[{"op":"replace","path":"/Boot/Admission","value":"approved"}]""",
    ];

    [Theory]
    [MemberData(nameof(WhatDecidesWhatItRuns))]
    public async Task ABootsTokenWritesNothingThatDecidesWhatIsRendered(string patch)
    {
        var made = await DefinedAsync();
        using var machine = silo.Client(await TokenAsync(made));
        var (status, body) = await silo.CallAsync("PATCH", PathOf(made), patch.Replace("PROFILE", _name, StringComparison.Ordinal),
            machine);
        Assert.True(status is HttpStatusCode.Forbidden, $"{status}: {body}");
        var after = (await silo.CallAsync("GET", PathOf(made))).Body!;
        // That it was seen is all that has changed.
        made["Boot"]!["LastSeen"] = after["Boot"]!["LastSeen"]!.ToString();
        Assert.Equal(made.ToJsonString(), after.ToJsonString());
    }

    [Theory]
    [InlineData("PUT", "", "WHOLE")]
    [InlineData("POST", "/params", """{"access-keys":{"me":"k"} }""")]
    [InlineData("POST", "/params/access-keys", """{"me":"k"}""")]
    [InlineData("PATCH", "/params", """[{"op":"add","path":"/access-keys","value":{"me":"k"} }]""")]
    [InlineData("DELETE", "", null)]
    [InlineData("POST", "/approve", null)]
    public async Task ABootsTokenFindsNoOtherWay(string method, string path, string? body)
    {
        var made = await DefinedAsync();
        using var machine = silo.Client(await TokenAsync(made));
        var whole = made.DeepClone().AsObject();
        whole["Workflow"] = "wipe";
        var status = (await silo.CallAsync(method, PathOf(made) + path, body == "WHOLE" ? whole.ToJsonString() : body, machine)).Status;
        Assert.Equal(HttpStatusCode.Forbidden, status);
    }

    [Fact]
    public async Task ABootsTokenWritesWhatOnlyTheMachineKnows()
    {
        var made = await DefinedAsync();
        using var machine = silo.Client(await TokenAsync(made));
        var (status, body) = await silo.CallAsync("PATCH", PathOf(made),
            """
            [{"op":"add","path":"/Params/hardware~1cpu","value":{"Threads":2} },
            {"op":"add","path":"/Params/last-boot-macaddr","value":"x"},
            {"op":"add","path":"/Params/detected-bios-mode","value":"uefi"},{"op":"replace","path":"/OS","value":"debian"},
            {"op":"replace","path":"/Runnable","value":true}]
            """, machine);
        Assert.True(status == HttpStatusCode.OK, $"{status}: {body}");
        var huge = new string('x', MachineRules.MostFactOctets);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await silo.CallAsync("PATCH", PathOf(made),
            $$"""[{"op":"add","path":"/Params/hardware~1huge","value":"{{huge}}"}]""", machine)).Status);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2000)]
    public async Task AMachineClaimsNoCardThatDhcpHasNotSeenOnItsLink(int cards)
    {
        var made = await DefinedAsync();
        using var machine = silo.Client(await TokenAsync(made));
        var macs = Enumerable.Range(0, cards).Select(n => $"06:00:{n >> 24:x2}:{(n >> 16) & 255:x2}:{(n >> 8) & 255:x2}:{n & 255:x2}");
        var patch = new JsonArray([.. macs.Select(m => new JsonObject
        {
            ["op"] = "add", ["path"] = "/HardwareAddrs/-", ["value"] = m,
        })]);
        var status = (await silo.CallAsync("PATCH", PathOf(made), patch.ToJsonString(), machine)).Status;
        Assert.True(status is HttpStatusCode.Forbidden or HttpStatusCode.UnprocessableEntity, $"{status}");
        Assert.Empty((JsonArray)(await silo.CallAsync("GET", PathOf(made))).Body!["HardwareAddrs"]!);
    }

    /// <summary>Nor does a running job, whose rights are those of every task: other machines' boots would come with their cards.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2000)]
    public async Task ARunningJobClaimsNoCardThatDhcpHasNotSeenOnItsLink(int cards)
    {
        var made = await DefinedAsync(tasks: true);
        using var machine = silo.Client(await TokenAsync(made));
        var job = (await silo.CallAsync("POST", "jobs", $$"""{"Machine":"{{made["Uuid"]}}"}""", machine)).Body!;
        using var task = silo.Client(job["Token"]!.ToString());
        var macs = Enumerable.Range(0, cards).Select(n => JsonValue.Create($"06:01:00:00:{n >> 8:x2}:{n & 255:x2}"));
        var patch = new JsonArray(new JsonObject
        {
            ["op"] = "replace",
            ["path"] = "/HardwareAddrs",
            ["value"] = new JsonArray([.. macs])
        });
        var status = (await silo.CallAsync("PATCH", PathOf(made), patch.ToJsonString(), task)).Status;
        Assert.True(status is HttpStatusCode.Forbidden or HttpStatusCode.UnprocessableEntity, $"{status}");
        Assert.Empty((JsonArray)(await silo.CallAsync("GET", PathOf(made))).Body!["HardwareAddrs"]!);
        Assert.Equal(cards == 1 ? HttpStatusCode.OK : HttpStatusCode.UnprocessableEntity,
            (await silo.CallAsync("PATCH", PathOf(made), patch.ToJsonString())).Status);
    }

    [Fact]
    public async Task ALockIsAPersonsToTakeAway()
    {
        var made = await DefinedAsync();
        await silo.CallAsync("PATCH", PathOf(made), """[{"op":"replace","path":"/Locked","value":true}]""");
        using var machine = silo.Client(await TokenAsync(made));
        foreach (var patch in new[] { """[{"op":"replace","path":"/OS","value":"x"}]""",
            """[{"op":"replace","path":"/Locked","value":false}]""" })
            Assert.Equal(HttpStatusCode.Forbidden, (await silo.CallAsync("PATCH", PathOf(made), patch, machine)).Status);
        Assert.True((await silo.CallAsync("GET", PathOf(made))).Body!["Locked"]!.GetValue<bool>());
    }

    [Fact]
    public async Task ARunningJobsTokenWritesItsMachineAndEndsWithTheJob()
    {
        var made = await DefinedAsync(tasks: true);
        using var machine = silo.Client(await TokenAsync(made));
        var job = (await silo.CallAsync("POST", "jobs", $$"""{"Machine":"{{made["Uuid"]}}"}""", machine)).Body!;
        using var task = silo.Client(job["Token"]!.ToString());
        Assert.Equal(HttpStatusCode.OK, (await silo.CallAsync("PATCH", PathOf(made),
            $$"""[{"op":"add","path":"/Profiles/-","value":"{{_name}}"}]""", task)).Status);
        Assert.Equal("", (await silo.CallAsync("GET", $"jobs/{job["Uuid"]}", client: machine)).Body!["Token"]!.ToString());
        Assert.Equal(HttpStatusCode.Forbidden, (await silo.CallAsync("DELETE", PathOf(made), client: task)).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await silo.CallAsync("POST", "profiles", """{"Name":"mine"}""", task)).Status);
        await silo.CallAsync("PATCH", $"jobs/{job["Uuid"]}",
            """[{"op":"replace","path":"/State","value":"finished"},{"op":"replace","path":"/ExitState","value":"complete"}]""");
        Assert.Equal(HttpStatusCode.Forbidden,
            (await silo.CallAsync("PATCH", PathOf(made), """[{"op":"replace","path":"/Description","value":"x"}]""", task)).Status);
    }

    [Fact]
    public async Task ATaskThatNamesItsRightsHasTheseAlone()
    {
        await silo.CallAsync("POST", "tasks",
            $$"""
            {"Name":"{{_name}}-t","ExtraClaims":[{"Scope":"machines","Action":"update:/Description","Specific":"$self"}]}
            """);
        var made = await DefinedAsync(tasks: true);
        using var machine = silo.Client(await TokenAsync(made));
        var job = (await silo.CallAsync("POST", "jobs", $$"""{"Machine":"{{made["Uuid"]}}"}""", machine)).Body!;
        using var task = silo.Client(job["Token"]!.ToString());
        Assert.Equal(HttpStatusCode.OK,
            (await silo.CallAsync("PATCH", PathOf(made), """[{"op":"replace","path":"/Description","value":"x"}]""", task)).Status);
        Assert.Equal(HttpStatusCode.Forbidden,
            (await silo.CallAsync("PATCH", PathOf(made), """[{"op":"replace","path":"/Workflow","value":"wipe"}]""", task)).Status);
    }

    /// <summary>GenerateProfileToken of DRP's templates: of a profile that is made to be shared, its params and nothing else.</summary>
    [Theory]
    [InlineData("shared", HttpStatusCode.OK)]
    [InlineData("plain", HttpStatusCode.Forbidden)]
    [InlineData("of others", HttpStatusCode.Forbidden)]
    [InlineData("global", HttpStatusCode.Forbidden)]
    public async Task AProfilesTokenSetsTheParamsOfASharedProfile(string which, HttpStatusCode expected)
    {
        var profile = which == "global" ? "global" : _name + "-p";
        if (which != "global")
            await silo.CallAsync("POST", "profiles",
                $$"""{"Name":"{{profile}}","Params":{"cluster/profile":"{{(which == "plain" ? "another" : profile)}}"} }""");
        await silo.CallAsync("POST", "tasks",
            $$$$"""
            {"Name":"{{{{_name}}}}-t","Templates":[{"Name":"token","Contents":"{{.GenerateProfileToken (.Param `own`) 600}}"}]}
            """);
        var made = await DefinedAsync(tasks: true);
        var profiles = which is "shared" or "plain" ? $"[\"{profile}\"]" : "[]";
        await silo.CallAsync("PATCH", PathOf(made),
            $$"""[{"op":"add","path":"/Params/own","value":"{{profile}}"},{"op":"replace","path":"/Profiles","value":{{profiles}} }]""");
        using var machine = silo.Client(await TokenAsync(made));
        var job = (await silo.CallAsync("POST", "jobs", $$"""{"Machine":"{{made["Uuid"]}}"}""", machine)).Body!;
        var (status, actions) = await silo.CallAsync("GET", $"jobs/{job["Uuid"]}/actions", client: machine);
        Assert.True(status == HttpStatusCode.OK, actions?.ToJsonString());
        using var shared = silo.Client(actions![0]!["Content"]!.ToString());
        Assert.Equal(expected, (await silo.CallAsync("PATCH", $"profiles/{profile}",
            """[{"op":"add","path":"/Params/note","value":"seen"}]""", shared)).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await silo.CallAsync("PATCH", $"profiles/{profile}",
            $$"""[{"op":"add","path":"/Profiles/-","value":"{{_name}}"}]""", shared)).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await silo.CallAsync("DELETE", $"profiles/{profile}", client: shared)).Status);
        // What is taken from the machine is taken from its token.
        await silo.CallAsync("PATCH", PathOf(made), """[{"op":"replace","path":"/Profiles","value":[]}]""");
        Assert.Equal(HttpStatusCode.Forbidden, (await silo.CallAsync("PATCH", $"profiles/{profile}",
            """[{"op":"add","path":"/Params/note","value":"later"}]""", shared)).Status);
    }

    [Fact]
    public async Task WhoRegisteredItselfIsGivenNoSecretUntilSomebodyApproves()
    {
        await SecretAsync();
        var stranger = await RegisterAsync($"{_name}-r");
        var path = PathOf(stranger);
        Assert.Equal("open", stranger["Boot"]!["Admission"]!.ToString());
        using var machine = silo.Client(await TokenAsync(stranger));
        // By its own hand, or by the job of a workflow that nobody has set for it.
        Assert.Equal(HttpStatusCode.Forbidden,
            (await silo.CallAsync("PATCH", path, $$"""[{"op":"add","path":"/Profiles/-","value":"{{_name}}"}]""", machine)).Status);
        var job = (await silo.CallAsync("POST", "jobs", $$"""{"Machine":"{{stranger["Uuid"]}}"}""", machine)).Body!;
        using var task = silo.Client(job["Token"]!.ToString());
        Assert.Equal(HttpStatusCode.Forbidden,
            (await silo.CallAsync("PATCH", path, $$"""[{"op":"add","path":"/Profiles/-","value":"{{_name}}"}]""", task)).Status);
        foreach (var client in new[] { machine, task })
        {
            var (_, all) = await silo.CallAsync("GET", path + "/params?aggregate=true&decode=true", client: client);
            Assert.DoesNotContain(Secret, all?.ToJsonString() ?? "", StringComparison.Ordinal);
        }

        Assert.Equal(HttpStatusCode.OK, (await silo.CallAsync("POST", path + "/approve")).Status);
        Assert.Equal("approved", (await silo.CallAsync("GET", path)).Body!["Boot"]!["Admission"]!.ToString());
    }

    /// <summary>The disk is everybody's: who has registered itself fills it with no logs, and no machine with rows of jobs.</summary>
    [Fact]
    public async Task AMachineSendsSoMuchOfLogsAndBeginsSoManyJobs()
    {
        var stranger = await RegisterAsync($"{_name}-l");
        using var machine = silo.Client(await TokenAsync(stranger));
        async Task<HttpStatusCode> SendAsync(string job, int octets)
        {
            using var log = new ByteArrayContent(new byte[octets]);
            log.Headers.ContentType = new("application/octet-stream");
            using var answer = await machine.PutAsync($"jobs/{job}/log", log);
            return answer.StatusCode;
        }

        async Task<string> BeginAsync()
            => (await silo.CallAsync("POST", "jobs", $$"""{"Machine":"{{stranger["Uuid"]}}"}""", machine)).Body!["Uuid"]!.ToString();
        var first = await BeginAsync();
        Assert.Equal(HttpStatusCode.NoContent, await SendAsync(first, (int)LogAllowance.OfUnapproved));
        Assert.Equal(HttpStatusCode.TooManyRequests, await SendAsync(first, 1 << 20));
        var large = $$"""[{"op":"add","path":"/Meta/a","value":"{{new string('x', JobRules.MostMeta)}}"}]""";
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await silo.CallAsync("PATCH", $"jobs/{first}", large, machine)).Status);
        Assert.Equal(HttpStatusCode.OK,
            (await silo.CallAsync("PATCH", $"jobs/{first}", """[{"op":"add","path":"/Meta/a","value":"x"}]""", machine)).Status);
        await silo.CallAsync("PATCH", $"jobs/{first}", """[{"op":"replace","path":"/State","value":"failed"}]""", machine);
        Assert.Equal(HttpStatusCode.TooManyRequests, await SendAsync(await BeginAsync(), 1 << 20));
        Assert.Equal(HttpStatusCode.OK, (await silo.CallAsync("POST", PathOf(stranger) + "/approve")).Status);
        Assert.Equal(HttpStatusCode.NoContent, await SendAsync(first, 1 << 20));
    }

    [Fact]
    public async Task WhereMachinesAreApprovedOfTheyWait()
    {
        await silo.CallAsync("POST", "prefs", """{"registration":"approve"}""");
        try
        {
            var waiting = await RegisterAsync($"{_name}-w");
            using var machine = silo.Client(await TokenAsync(waiting));
            Assert.Equal(("pending", false),
                (waiting["Boot"]!["Admission"]!.ToString(), waiting["Runnable"]!.GetValue<bool>()));
            await silo.CallAsync("PATCH", PathOf(waiting), """[{"op":"replace","path":"/Runnable","value":true}]""", machine);
            Assert.Equal(HttpStatusCode.Conflict,
                (await silo.CallAsync("POST", "jobs", $$"""{"Machine":"{{waiting["Uuid"]}}"}""", machine)).Status);
            Assert.Equal(HttpStatusCode.OK, (await silo.CallAsync("POST", PathOf(waiting) + "/approve")).Status);
            Assert.Equal(HttpStatusCode.Created,
                (await silo.CallAsync("POST", "jobs", $$"""{"Machine":"{{waiting["Uuid"]}}"}""", machine)).Status);
        }
        finally
        {
            await silo.CallAsync("POST", "prefs", """{"registration":"open"}""");
        }
    }

    [Fact]
    public async Task WhereRegistrationIsClosedNobodyComesIn()
    {
        await silo.CallAsync("POST", "prefs", """{"registration":"closed"}""");
        try
        {
            using var stranger = silo.Client(await StrangersTokenAsync());
            Assert.Equal(HttpStatusCode.Forbidden,
                (await silo.CallAsync("POST", "machines", $$"""{"Name":"{{_name}}-c"}""", stranger)).Status);
        }
        finally
        {
            await silo.CallAsync("POST", "prefs", """{"registration":"open"}""");
        }
    }

    [Fact]
    public async Task ACardsRegistrationTokensMakeOneMachine()
    {
        var mac = $"06:11:{Random.Shared.Next(256):x2}:{Random.Shared.Next(256):x2}:{Random.Shared.Next(256):x2}:01";
        var made = new List<HttpStatusCode>();
        for (var n = 0; n < 5; n++)
        {
            using var stranger = silo.Client(await StrangersTokenAsync("10.250.0.9", mac));
            // Whatever cards it names, it is the one that its token was given to.
            made.Add((await silo.CallAsync("POST", "machines",
                $$"""{"Name":"{{_name}}-{{n}}","HardwareAddrs":["06:12:00:00:00:{{n:x2}}"]}""", stranger)).Status);
        }

        Assert.Equal([HttpStatusCode.Created, .. Enumerable.Repeat(HttpStatusCode.Conflict, 4)], made);
        var machine = (await silo.CallAsync("GET", $"machines/Name:{_name}-0")).Body!;
        Assert.Equal($"""["{mac}"]""", machine["HardwareAddrs"]!.ToJsonString());
    }

    [Fact]
    public async Task ADiscoverInItsNameVoidsNothingAndTheFetchedScriptDoes()
    {
        var made = await DefinedAsync();
        var uuid = made["Uuid"]!.ToString();
        using var machine = silo.Client(await TokenAsync(made));
        var grain = silo.Service<IGrainFactory>().GetGrain<IMachineGrain>(GrainKeys.Machine(uuid));
        for (var n = 0; n < 5; n++) await grain.Sighted(new Sighting(SightingKind.Discover, "", "uefi", "ipxe"));
        Assert.Equal(HttpStatusCode.OK, (await silo.CallAsync("GET", PathOf(made), client: machine)).Status);
        var tokens = await silo.Service<AccessService>().ForBootAsync(new Machine { Uuid = uuid }, new Stranger("10.0.0.1", ""));
        using var next = silo.Client(tokens.OfBoot("the-next-boot")(uuid, Life, ""));
        Assert.Equal(HttpStatusCode.Forbidden, (await silo.CallAsync("GET", PathOf(made), client: next)).Status);
        await grain.Sighted(new Sighting(SightingKind.Script, "", "", "ipxe") { BootId = "the-next-boot" });
        Assert.Equal(HttpStatusCode.Forbidden, (await silo.CallAsync("GET", PathOf(made), client: machine)).Status);
        Assert.Equal(HttpStatusCode.OK, (await silo.CallAsync("GET", PathOf(made), client: next)).Status);
    }

    /// <summary>A DISCOVER in its name of an architecture that nobody boots sends it to no disk: it voids and ends nothing.</summary>
    [Fact]
    public async Task ADiscoverThatBootsNothingSendsNobodyToItsDisk()
    {
        await silo.CallAsync("POST", "subnets", $$"""
            {"Name":"{{_name}}-di","Subnet":"10.92.0.0/24","Enabled":true,"ActiveStart":"10.92.0.100","ActiveEnd":"10.92.0.199"}
            """);
        var mac = $"06:13:{Random.Shared.Next(256):x2}:{Random.Shared.Next(256):x2}:{Random.Shared.Next(256):x2}:01";
        var made = (await silo.CallAsync("POST", "machines",
            $$"""{"Name":"{{_name}}-di","HardwareAddrs":["{{mac}}"],"BootEnv":"sledgehammer","OS":"debian"}""")).Body!;
        var uuid = made["Uuid"]!.ToString();
        var grain = silo.Service<IGrainFactory>().GetGrain<IMachineGrain>(GrainKeys.Machine(uuid));
        await grain.Sighted(new Sighting(SightingKind.Script, "", "uefi", "ipxe") { BootId = "a-boot" });
        var tokens = await silo.Service<AccessService>().ForBootAsync(new Machine { Uuid = uuid }, new Stranger("10.92.0.9", ""));
        using var machine = silo.Client(tokens.OfBoot("a-boot")(uuid, Life, ""));
        var message = new DhcpMessage
        {
            Op = 1,
            TransactionId = 9,
            HardwareAddress = Convert.FromHexString(mac.Replace(":", "", StringComparison.Ordinal)),
            Options = [KeyValuePair.Create<byte, byte[]>(53, [1]), KeyValuePair.Create<byte, byte[]>(93, [0, 2]),
                KeyValuePair.Create((byte)60, "PXEClient:Arch:00002"u8.ToArray())],
        };
        await silo.Service<DhcpHandler>().HandleAsync(
            new DhcpArrival(message, [IPv4.Parse("10.92.0.1")], 0, 68, IsBinl: false, "test"), CancellationToken.None);
        await Wait.UntilAsync(async () => (await silo.CallAsync("GET", PathOf(made))).Body!["Boot"]!["Via"]!.ToString().Length == 0,
            TimeSpan.FromSeconds(30), () => "the machine's grain was not told of the DISCOVER");
        Assert.Equal(HttpStatusCode.OK, (await silo.CallAsync("GET", PathOf(made), client: machine)).Status);
        Assert.NotEqual("Installed", (await silo.CallAsync("GET", PathOf(made))).Body!["Boot"]!["Phase"]!.ToString());
        await silo.CallAsync("DELETE", $"subnets/{_name}-di");
    }

    [Fact]
    public async Task AnInstallationsTokenEndsWhenTheMachineBootsFromItsDisk()
    {
        var made = await DefinedAsync();
        await silo.CallAsync("PATCH", PathOf(made), """[{"op":"replace","path":"/OS","value":"debian"}]""");
        var uuid = made["Uuid"]!.ToString();
        var source = await silo.Service<AccessService>().ForRenderingAsync(new Machine { Uuid = uuid });
        using var unlimited = silo.Client(source(uuid, TimeSpan.FromDays(7), ""));
        Assert.Equal(HttpStatusCode.OK, (await silo.CallAsync("GET", PathOf(made), client: unlimited)).Status);
        await silo.Service<IGrainFactory>().GetGrain<IMachineGrain>(GrainKeys.Machine(uuid))
            .Sighted(new Sighting(SightingKind.Script, "", "uefi", "disk") { FromDisk = true });
        Assert.Equal(HttpStatusCode.Forbidden, (await silo.CallAsync("GET", PathOf(made), client: unlimited)).Status);
    }

    private static string PathOf(JsonNode machine) => $"machines/{machine["Uuid"]}";

    private async Task<JsonNode> DefinedAsync(bool tasks = false)
    {
        await silo.CallAsync("POST", "profiles", $$"""{"Name":"{{_name}}","Params":{"other":"x"} }""");
        await silo.CallAsync("POST", "tasks", $$"""{"Name":"{{_name}}-t"}""");
        var (status, made) = await silo.CallAsync("POST", "machines",
            $$"""
            {"Name":"{{_name}}-{{Guid.NewGuid():N}}","Stage":"none","BootEnv":"local","Tasks":[{{(tasks ? $"\"{_name}-t\"" : "")}}]}
            """);
        Assert.True(status == HttpStatusCode.Created, $"{status}: {made}");
        return (await silo.CallAsync("GET", PathOf(made!))).Body!;
    }

    private async Task SecretAsync()
    {
        await silo.CallAsync("POST", "params", $$"""{"Name":"{{_name}}/root","Secure":true,"Schema":{"type":"string"} }""");
        await silo.CallAsync("POST", "profiles", $$"""{"Name":"{{_name}}","Params":{"{{_name}}/root":"{{Secret}}"} }""");
    }

    /// <summary>What one address registers in a minute is bounded by its number and by what it holds; another is let in
    /// meanwhile.</summary>
    [Fact]
    public async Task WhatAnAddressRegistersInAMinuteIsBounded()
    {
        const int Facts = 200 << 10;
        async Task<(HttpStatusCode Status, JsonNode? Body)> AskAsync(string address, int number, int facts)
        {
            using var stranger = silo.Client(await StrangersTokenAsync(address));
            return await silo.CallAsync("POST", "machines",
                $$$"""
                {"Name":"heavy-{{{address}}}-{{{number}}}","HardwareAddrs":["02:00:00:77:{{{facts & 255:x2}}}:{{{number:x2}}}"],
                "Params":{"hardware/x":"{{{new string('x', facts)}}}"}}
                """, client: stranger);
        }

        // A minute may begin anew in the middle.
        var most = 2 * (RegistrationGate.MostOctetsOfAddress / Facts + 1);
        (HttpStatusCode Status, JsonNode? Body) last = default;
        for (var i = 0; i < most && last.Status != HttpStatusCode.TooManyRequests; i++) last = await AskAsync("10.77.66.5", i, Facts);
        Assert.Equal(HttpStatusCode.TooManyRequests, last.Status);
        Assert.Contains("4 MiB of facts from 10.77.66.5", last.Body!.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Created, (await AskAsync("10.77.66.6", 200, 1000)).Status);
    }

    /// <summary>Who took an address that nobody leased to it names no cards: they may be another's, or of one that will come.</summary>
    [Fact]
    public async Task AnUnleasedAddressRegistersWithoutCards()
    {
        await silo.CallAsync("POST", "subnets", $$"""
            {"Name":"{{_name}}-un","Subnet":"10.88.0.0/24","Enabled":true,"ActiveStart":"10.88.0.100","ActiveEnd":"10.88.0.199"}
            """);
        using var stranger = silo.Client(await StrangersTokenAsync("10.88.0.50"));
        var (status, _) = await silo.CallAsync("POST", "machines",
            $$"""{"Name":"{{_name}}-un","Address":"10.9.9.9","HardwareAddrs":["02:00:00:78:00:01"]}""", stranger);
        Assert.Equal(HttpStatusCode.Created, status);
        var made = (await silo.CallAsync("GET", $"machines/Name:{_name}-un")).Body!;
        Assert.Equal(("[]", "10.88.0.50", "pending"), (made["HardwareAddrs"]!.ToJsonString(), made["Address"]!.ToString(),
            made["Boot"]!["Admission"]!.ToString()));
        Assert.Contains("which no lease gave it", made["Boot"]!["Doubt"]!.ToString(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Created, (await silo.CallAsync("POST", "machines",
            $$"""{"Name":"{{_name}}-real","HardwareAddrs":["02:00:00:78:00:01"]}""")).Status);

        // It is told no more of itself than that somebody decides, and a boot of it takes nothing from who decides.
        using var itself = silo.Client(await TokenAsync(made));
        var seen = (await silo.CallAsync("GET", PathOf(made), client: itself)).Body!["Boot"]!;
        Assert.Equal(("", MachineRules.Doubted),
            (seen["Doubt"]!.ToString(), seen["Reason"]!.ToString()));

        // An agent boots again when its machine is to boot another environment than it runs in: it is shown what it is given now, also
        // where a job has chosen something else, which approves of nothing.
        var grain = silo.Service<IGrainFactory>().GetGrain<IMachineGrain>(GrainKeys.Machine(made["Uuid"]!.ToString()));
        var job = new ChangeTerms(new Actor("another", IsMachine: true, MayUpdateTaskList: true)) { Force = true };
        Task<MachineAnswer> BootsAsync(string env)
            => grain.Amend(new DocumentPatch($$"""[{"op":"replace","path":"/BootEnv","value":"{{env}}"}]""", job));
        Assert.Equal(200, (await BootsAsync("debian-13-install")).Status);
        var otherwise = (await silo.OkAsync("GET", "prefs"))["defaultBootEnv"]!.ToString();
        Assert.Equal(otherwise, (await silo.OkAsync("GET", PathOf(made), client: itself))["BootEnv"]!.ToString());
        Assert.Equal("debian-13-install", (await silo.OkAsync("GET", PathOf(made)))["BootEnv"]!.ToString());
        Assert.Equal(200, (await BootsAsync(otherwise)).Status);
        await grain.Sighted(new Sighting(SightingKind.Script, "", "uefi", "ipxe") { BootId = "a-boot" });
        var booted = (await silo.CallAsync("GET", PathOf(made))).Body!["Boot"]!;
        Assert.DoesNotContain("no lease", booted["Reason"]!.ToString(), StringComparison.Ordinal);
        Assert.Contains("which no lease gave it", booted["Doubt"]!.ToString(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await silo.CallAsync("POST", PathOf(made) + "/approve")).Status);
        Assert.Equal("", (await silo.CallAsync("GET", PathOf(made))).Body!["Boot"]!["Doubt"]!.ToString());
        await silo.CallAsync("DELETE", $"subnets/{_name}-un");
    }

    /// <summary>
    /// Where Anvil leases addresses, an address of no subnet tells nothing either. Where others give them, the subnet says so, and
    /// a machine names its cards itself; but none that another subnet's leases know.
    /// </summary>
    [Fact]
    public async Task WhereOthersGiveAddressesCardsAreItsOwnAndNoneThatAnvilLeasesTo()
    {
        await silo.CallAsync("POST", "subnets", $$"""
            {"Name":"{{_name}}-le","Subnet":"10.90.0.0/24","Enabled":true,"ActiveStart":"10.90.0.100","ActiveEnd":"10.90.0.199"}
            """);
        await silo.CallAsync("POST", "subnets", $$"""{"Name":"{{_name}}-pr","Subnet":"10.91.0.0/24","Enabled":true,"Proxy":true}""");
        try
        {
            var leases = silo.Service<GrainFinder>().Subnet($"{_name}-le");
            const string Leased = "02:00:00:79:00:02";
            var offer = await leases.Handle(new LeaseCall(LeaseAct.Discover, Leased, 0, 0));
            await leases.Handle(new LeaseCall(LeaseAct.Request, Leased, IPv4.Parse(offer.Lease!.Addr), 0) { IsChosen = true });

            async Task<JsonNode> MadeAsync(string name, string address, string card = "02:00:00:79:00:01")
            {
                using var stranger = silo.Client(await StrangersTokenAsync(address));
                var (status, _) = await silo.CallAsync("POST", "machines",
                    $$"""{"Name":"{{_name}}-{{name}}","HardwareAddrs":["{{card}}","{{Leased}}"]}""", stranger);
                Assert.Equal(HttpStatusCode.Created, status);
                return (await silo.CallAsync("GET", $"machines/Name:{_name}-{name}")).Body!;
            }

            var nowhere = await MadeAsync("no", "192.0.2.7");
            Assert.Equal(("[]", "pending"), (nowhere["HardwareAddrs"]!.ToJsonString(), nowhere["Boot"]!["Admission"]!.ToString()));
            var beside = await MadeAsync("pr", "10.91.0.5");
            Assert.Equal(("""["02:00:00:79:00:01"]""", "open"),
                (beside["HardwareAddrs"]!.ToJsonString(), beside["Boot"]!["Admission"]!.ToString()));

            // Doubtful ones keep no others out: a tenth of those that may wait.
            await silo.CallAsync("POST", "prefs", """{"mostUnapproved":"300"}""");
            var statuses = new List<HttpStatusCode>();
            for (var n = 0; n < 32; n++)
            {
                using var stranger = silo.Client(await StrangersTokenAsync($"192.0.2.{100 + n}"));
                statuses.Add((await silo.CallAsync("POST", "machines", $$"""{"Name":"{{_name}}-d{{n}}"}""", stranger)).Status);
            }

            Assert.Equal(HttpStatusCode.TooManyRequests, statuses[^1]);
            Assert.InRange(statuses.Count(s => s == HttpStatusCode.Created), 5, 30);
            var another = await MadeAsync("pr2", "10.91.0.6", "02:00:00:79:00:03");
            Assert.Equal("open", another["Boot"]!["Admission"]!.ToString());

            // Nor does one subnet take the room of all, whether or not there is doubt.
            var waiting = await silo.Service<IMachineQueries>().CountUnapprovedAsync($"{_name}-pr", CancellationToken.None);
            var half = waiting.All + 5;
            await silo.CallAsync("POST", "prefs", $$"""{"mostUnapproved":"{{2 * half}}"}""");
            async Task<HttpStatusCode> NextAsync(int n, string address)
            {
                using var stranger = silo.Client(await StrangersTokenAsync(address));
                return (await silo.CallAsync("POST", "machines", $$"""{"Name":"{{_name}}-h{{n}}"}""", stranger)).Status;
            }

            for (var n = waiting.OfSubnet; n < half; n++)
                Assert.Equal(HttpStatusCode.Created, await NextAsync((int)n, $"10.91.0.{10 + (n % 200)}"));
            Assert.Equal(HttpStatusCode.TooManyRequests, await NextAsync(5000, "10.91.0.9"));
            await silo.CallAsync("POST", "subnets", $$"""{"Name":"{{_name}}-p2","Subnet":"10.92.0.0/24","Enabled":true,"Proxy":true}""");
            Assert.Equal(HttpStatusCode.Created, await NextAsync(5001, "10.92.0.9"));
        }
        finally
        {
            await silo.CallAsync("POST", "prefs", """{"mostUnapproved":"10000"}""");
            foreach (var made in (await silo.CallAsync("GET", "machines")).Body!.AsArray()
                .Where(m => m!["Boot"]!["Doubt"]!.ToString().Length > 0)) await silo.CallAsync("DELETE", PathOf(made!));
            foreach (var made in (await silo.CallAsync("GET", "machines")).Body!.AsArray()
                .Where(m => m!["Boot"]!["RegisteredIn"]!.ToString() == $"{_name}-pr")) await silo.CallAsync("DELETE", PathOf(made!));
            await silo.CallAsync("DELETE", $"subnets/{_name}-p2");
            await silo.CallAsync("DELETE", $"subnets/{_name}-le");
            await silo.CallAsync("DELETE", $"subnets/{_name}-pr");
        }
    }

    /// <summary>Who is refused for itself uses up nothing of what others may.</summary>
    [Fact]
    public async Task OneAddressUsesUpNothingOfOthers()
    {
        var gate = new RegistrationGate(silo.Service<IMachineQueries>(), silo.Service<ICatalog>(), new FakeTimeProvider());
        Task<string> EnterAsync(string address, int octets) => gate.EnterAsync(
            new Principal("unknown", PrincipalKind.Unknown, []) { Address = address }, octets, CancellationToken.None);
        var (refused, most) = (0, RegistrationGate.MostOfAll + RegistrationGate.MostOfAddress);
        for (var i = 0; i < most; i++)
        {
            try
            {
                await EnterAsync("10.77.67.1", RegistrationGate.MostOctetsOfAddress / 8);
            }
            catch (ApiException e) when (e.Error.Code == 429)
            {
                Assert.Contains("from 10.77.67.1", e.Message, StringComparison.Ordinal);
                refused++;
            }
        }

        Assert.Equal(most - 8, refused);
        await EnterAsync("10.77.67.2", 1000);
    }

    private async Task<JsonNode> RegisterAsync(string name)
    {
        using var stranger = silo.Client(await StrangersTokenAsync());
        var (status, made) = await silo.CallAsync("POST", "machines", $$"""{"Name":"{{name}}"}""", stranger);
        Assert.True(status == HttpStatusCode.Created, $"{status}: {made}");
        return made!;
    }

    private async Task<string> StrangersTokenAsync(string address = "127.0.0.1", string mac = "")
        => (await silo.Service<AccessService>().ForRenderingAsync(null, new Stranger(address, mac)))(null, Life, "");

    private async Task<string> TokenAsync(JsonNode machine)
        => (await silo.Service<AccessService>().ForRenderingAsync(new Machine { Uuid = machine["Uuid"]!.ToString() }))(
            machine["Uuid"]!.ToString(), Life, "");
}

/// <summary>On one silo with SQLite.</summary>
public sealed class SingleMachineTokenTests(SingleSilo silo) : MachineTokenTests(silo), IClassFixture<SingleSilo>;

/// <summary>On three silos with PostgreSQL.</summary>
public sealed class ClusterMachineTokenTests(SiloCluster silo) : MachineTokenTests(silo), IClassFixture<SiloCluster>;
