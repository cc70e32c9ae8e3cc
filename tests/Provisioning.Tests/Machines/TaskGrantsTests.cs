using System.Text.Json;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Machines;

namespace Anvil.Provisioning.Tests.Machines;

/// <summary>What a running job may let a machine run next: no task with more rights than its own has, and no secrets.</summary>
public sealed class TaskGrantsTests
{
    private const string Own = "0b3c6a8e-0000-4000-8000-000000000001";
    private const string Other = "0b3c6a8e-0000-4000-8000-000000000002";

    private static readonly CatalogSnapshot Catalog = TestCatalog.With(
        Task("plain"), Task("another"),
        Task("mighty") with { ExtraRoles = ["superuser"] },
        Task("nosy") with { ExtraClaims = [new Claim("users", "get", "*")] },
        Task("narrow") with
        {
            ExtraClaims = [
            new Claim("machines", "update:/Workflow,update:/Tasks,update:/Profiles", MachineClaims.Self)]
        },
        Task("needs") with { Prerequisites = ["mighty"] },
        Task("parts") with { ExtraClaims = [new Claim("machines", "*", MachineClaims.Self), new Claim("users", "get", "*")] },
        Task("keeper") with { ExtraClaims = [new Claim("machines", "*", "*"), new Claim("profiles,stages", "getSecure", "*")] },
        Task("herder") with { ExtraClaims = [new Claim("machines", "update", "*")] },
        new Param { Name = "root-password", Secure = true },
        new Profile { Name = "secret", Params = Values("root-password") }, new Profile { Name = "open", Params = Values("note") },
        new Profile { Name = "sealed", Params = Sealed("of-no-param") },
        new Profile { Name = "around", Profiles = ["open", "secret"] },
        new Stage { Name = "s-plain", Tasks = ["plain", "another"], Profiles = ["open"] },
        new Stage { Name = "s-mighty", Tasks = ["plain", "mighty"] },
        new Stage { Name = "s-sealed", Params = Values("root-password") },
        new Stage { Name = "s-profile", Profiles = ["secret"] },
        new Workflow { Name = "w-plain", Stages = ["s-plain"] }, new Workflow { Name = "w-mighty", Stages = ["s-plain", "s-mighty"] },
        new Workflow { Name = "w-sealed", Stages = ["s-plain", "s-sealed"] },
        new Workflow { Name = "w-profile", Stages = ["s-plain", "s-profile"] });

    public static TheoryData<string, string> WhatIsMore => new()
    {
        { """{"Workflow":"w-mighty"}""", "Task mighty has a right that task plain has not, so its job cannot choose it: * * *" },
        { """{"Tasks":["plain","mighty"]}""", "Task mighty has a right that task plain has not, so its job cannot choose it: * * *" },
        { """{"Tasks":["plain","nosy"]}""", "Task nosy has a right that task plain has not, so its job cannot choose it: users get *" },
        { """{"Stage":"s-mighty"}""", "Task mighty has a right that task plain has not, so its job cannot choose it: * * *" },
        { """{"Profiles":["secret"]}""", "Profile secret has secure params (root-password): Requires: profiles getSecure secret" },
        { """{"Profiles":["sealed"]}""", "Profile sealed has secure params (of-no-param): Requires: profiles getSecure sealed" },
        { """{"Profiles":["around"]}""", "Profile secret has secure params (root-password): Requires: profiles getSecure secret" },
        { """{"Workflow":"w-profile"}""", "Profile secret has secure params (root-password): Requires: profiles getSecure secret" },
        { """{"Workflow":"w-sealed"}""", "Stage s-sealed has secure params (root-password): Requires: stages getSecure s-sealed" },
        { """{"Tasks":["plain","stage:s-sealed"]}""",
            "Stage s-sealed has secure params (root-password): Requires: stages getSecure s-sealed" },
        { """{"Tasks":["plain","stage:s-profile"]}""",
            "Profile secret has secure params (root-password): Requires: profiles getSecure secret" },
    };

    [Theory]
    [MemberData(nameof(WhatIsMore))]
    public void AJobChoosesNothingThatHasMoreThanItsTask(string change, string problem)
    {
        foreach (var force in new[] { false, true })
        {
            var error = Assert.Throws<ApiException>(() => Update(Machine(), change, "plain", force: force)).Error;
            Assert.Equal((403, "AUTH"), (error.Code, error.Type));
            Assert.Equal([problem], error.Messages);
        }

        // A person, and a job whose task has all that, decide.
        Update(Machine(), change, "");
        Update(Machine(), change, "mighty");
    }

    [Theory]
    [InlineData("""{"Workflow":"w-plain"}""")]
    [InlineData("""{"Tasks":["plain","another","stage:s-plain","bootenv:sledgehammer"]}""")]
    [InlineData("""{"Stage":"s-plain"}""")]
    [InlineData("""{"Profiles":["open"]}""")]
    [InlineData("""{"BootEnv":"sledgehammer"}""")]
    public void ByDefaultAJobChoosesWhatHasNoMore(string change) => Update(Machine(), change, "plain");

    [Fact]
    public void WhatWasChosenAlreadyStays()
    {
        var machine = Machine() with { Tasks = ["plain", "mighty", "another"], Profiles = ["secret"] };
        Update(machine, """{"Tasks":["plain","another","mighty"],"Profiles":["open","secret"]}""", "plain");
        // Once is not twice, and what has run is not to run again.
        foreach (var (before, change) in new[]
        {
            (machine, """{"Tasks":["plain","mighty","mighty"]}"""),
            (machine with { Tasks = ["mighty", "plain"], CurrentTask = 1 }, """{"Tasks":["mighty","plain","mighty"]}"""),
        })
            Assert.Equal(403, Assert.Throws<ApiException>(() => Update(before, change, "plain")).Error.Code);
    }

    [Theory]
    [InlineData("narrow", """{"Workflow":"w-plain"}""", "machines update,patch,getSecure,updateSecure,updateTaskList " + Own)]
    [InlineData("gone", """{"Tasks":["plain"]}""", "machines update,patch,getSecure,updateSecure,updateTaskList " + Own)]
    public void ATaskWithLessThanTheDefaultGivesNotTheDefault(string task, string change, string right)
        => Assert.EndsWith(right,
            Assert.Throws<ApiException>(() => Update(Machine() with { Tasks = [] }, change, task)).Error.Messages[0],
            StringComparison.Ordinal);

    [Fact]
    public void RightsThatAreNamedInPartsAreOne() => Update(Machine(), """{"Tasks":["plain","nosy","another"]}""", "parts");

    [Fact]
    public void OfAnotherMachineAJobNeedsWhatItsTasksAreGiven()
    {
        var other = Machine() with { Uuid = Other };
        Assert.Contains(Other, Assert.Throws<ApiException>(() => Update(other, """{"Workflow":"w-plain"}""", "herder")).Error.Messages[0],
            StringComparison.Ordinal);
        Update(other, """{"Workflow":"w-plain"}""", "keeper");
        Update(other, """{"Workflow":"w-sealed"}""", "keeper");
    }

    [Fact]
    public void WhatAJobMakesIsHeldToTheSame()
    {
        static Machine Make(Machine wanted) => MachineRules.Create(wanted with { Uuid = Other, Name = "made" }, Catalog, TestCatalog.Start,
            false, Options("herder"), "secret");
        Make(new Machine());
        foreach (var wanted in new[] { new Machine { Workflow = "w-mighty" }, new Machine { Stage = "s-mighty" },
            new Machine { Stage = "none", Tasks = ["nosy"] }, new Machine { Profiles = ["secret"] } })
            Assert.Equal(403, Assert.Throws<ApiException>(() => Make(wanted)).Error.Code);
    }

    [Fact]
    public void WhatIsMadeLaterIsNotChosenByForce()
        => Assert.Equal(["Task later (at 1) does not exist"],
            Assert.Throws<ApiException>(() => Update(Machine(), """{"Tasks":["plain","later"]}""", "plain", force: true)).Error.Messages);

    [Theory]
    [InlineData("stage:nope", "Stage nope (at {0}) does not exist")]
    [InlineData("bootenv:nope", "BootEnv nope (at {0}) does not exist")]
    [InlineData("bootenv:discovery", "BootEnv discovery does not allow Machine assignments, it has the OnlyUnknown flag.")]
    [InlineData("nope", "Task nope (at {0}) does not exist")]
    [InlineData("foo:nope", "Task foo:nope (at {0}) does not exist")]
    [InlineData("Stage:none", "Task Stage:none (at {0}) does not exist")]
    [InlineData("context:abc", "Task context:abc (at {0}) does not exist")]
    public void AnEntryOfTheTaskListNamesWhatThereIs(string entry, string problem)
    {
        var change = $$"""{"Tasks":["plain","{{entry}}"]}""";
        string At(int place) => problem.Replace("{0}", $"{place}", StringComparison.Ordinal);
        Assert.Equal([At(1)], Assert.Throws<ApiException>(() => Update(Machine(), change, "")).Error.Messages);
        Assert.Contains(At(0), Assert.Throws<ApiException>(() => MachineRules.Create(
            new Machine { Uuid = Other, Name = "made", Stage = "none", BootEnv = "local", Tasks = [entry] }, Catalog, TestCatalog.Start,
            false,
            new ChangeOptions(), "secret")).Error.Messages);
    }

    /// <summary>A user without all rights chooses no more than it has, or may assign; what every task's job may do is nothing
    /// more.</summary>
    [Theory]
    [InlineData("""{"Workflow":"w-mighty"}""", "Task mighty has a right that you have not: Requires: * * *, or tasks assign mighty",
        "tasks assign mighty")]
    [InlineData("""{"Tasks":["plain","nosy"]}""", "Task nosy has a right that you have not: Requires: users get *, or tasks assign nosy",
        "users get *")]
    [InlineData("""{"Stage":"s-mighty"}""", "Task mighty has a right that you have not: Requires: * * *, or tasks assign mighty",
        "tasks assign *")]
    [InlineData("""{"Tasks":["plain","gone"]}""", "Task gone does not exist: Requires: tasks assign gone", "tasks assign gone")]
    [InlineData("""{"Profiles":["gone"]}""", "Profile gone does not exist: Requires: profiles assign gone", "profiles assign gone")]
    [InlineData("""{"Profiles":["around"]}""",
        "Profile secret has secure params (root-password): Requires: profiles getSecure secret, or profiles assign secret",
        "profiles assign secret")]
    [InlineData("""{"Profiles":["sealed"]}""",
        "Profile sealed has secure params (of-no-param): Requires: profiles getSecure sealed, or profiles assign sealed",
        "profiles getSecure *")]
    [InlineData("""{"Workflow":"w-profile"}""",
        "Profile secret has secure params (root-password): Requires: profiles getSecure secret, or profiles assign secret",
        "profiles assign *")]
    [InlineData("""{"Workflow":"w-sealed"}""",
        "Stage s-sealed has secure params (root-password): Requires: stages getSecure s-sealed, or stages assign s-sealed",
        "stages assign s-sealed")]
    public void AUserChoosesWhatItHasOrMayAssign(string change, string problem, string right)
    {
        Claim[] own = [new("machines", "update", "*"), new("profiles,stages,tasks", "get", "*")];
        var narrow = new ChangeOptions(Force: true) { By = "ann", Rights = new Rights { Claims = own } };
        var error = Assert.Throws<ApiException>(() => Update(Machine(), change, narrow)).Error;
        Assert.Equal((403, "AUTH"), (error.Code, error.Type));
        Assert.Equal([problem], error.Messages);
        var parts = right.Split(' ');
        var more = own.Append(new Claim(parts[0], parts[1], parts[2])).ToArray();
        Update(Machine(), change, narrow with { Rights = new Rights { Claims = more } });
        // A token that is limited is held to its limits.
        Update(Machine(), change, narrow with { Rights = new Rights { Claims = [Claim.All], Limits = more } });
        Assert.Throws<ApiException>(
            () => Update(Machine(), change, narrow with { Rights = new Rights { Claims = [Claim.All], Limits = own } }));
        // What every task's job may do is no more, and what was chosen stays.
        Update(Machine(), """{"Workflow":"w-plain","Profiles":["open"]}""", narrow);
        var chosen = Update(Machine(), change, new ChangeOptions(Force: true));
        Update(chosen, """{"Description":"x"}""", narrow);
    }

    [Fact]
    public void WhatAUserMakesIsHeldToTheSame()
    {
        var narrow = new ChangeOptions { By = "ann", Rights = new Rights { Claims = [new("machines", "*", "*")] } };
        var site = TestCatalog.With([.. Catalog.Tasks.Values, .. Catalog.Stages.Values, .. Catalog.Workflows.Values,
            .. Catalog.Profiles.Values, .. Catalog.Params.Values, TestCatalog.Pref("defaultWorkflow", "w-mighty")]);
        static Machine Make(Machine wanted, ChangeOptions options, CatalogSnapshot catalog) => MachineRules.Create(
            wanted with { Uuid = Other, Name = "made" }, catalog, TestCatalog.Start, false, options, "secret");
        foreach (var wanted in new[] { new Machine { Workflow = "w-mighty" }, new Machine { Stage = "s-mighty" },
            new Machine { Stage = "none", Tasks = ["nosy"] }, new Machine { Profiles = ["secret"] } })
        {
            Assert.Equal(403, Assert.Throws<ApiException>(() => Make(wanted, narrow, Catalog)).Error.Code);
            Make(wanted, new ChangeOptions(), Catalog);
        }

        // What the site gives to every machine is no choice of whoever makes one.
        Assert.Equal("w-mighty", Make(new Machine(), narrow, site).Workflow);
    }

    [Theory]
    [InlineData("stages", """{"Name":"new","Tasks":["plain","mighty"]}""", "Task mighty")]
    [InlineData("stages", """{"Name":"new","Tasks":["needs"]}""", "Task mighty")]
    [InlineData("stages", """{"Name":"s-plain","Tasks":["plain","another","mighty"],"Profiles":["open"]}""", "Task mighty")]
    [InlineData("stages", """{"Name":"s-plain","Tasks":["plain","another"],"Profiles":["open","around"]}""", "Profile secret")]
    [InlineData("workflows", """{"Name":"w-plain","Stages":["s-plain","s-mighty"]}""", "Task mighty")]
    [InlineData("workflows", """{"Name":"new","Stages":["s-profile"]}""", "Profile secret")]
    [InlineData("workflows", """{"Name":"new","Stages":["s-sealed"]}""", "Stage s-sealed")]
    [InlineData("tasks", """{"Name":"plain","Prerequisites":["another","needs"]}""", "Task mighty")]
    public void WhoWritesWhatIsChosenIsHeldToTheSame(string kind, string text, string problem)
    {
        var rules = CatalogRules.Kinds[kind];
        var after = (Document)JsonSerializer.Deserialize(text, rules.Type, Json.Options)!;
        var before = Catalog.OfKind(kind).GetValueOrDefault(after.Key);
        Claim[] own = [new("stages,workflows,tasks", "create,update,get", "*")];
        var narrow = TaskGrants.Chooser("ann", null, new Rights { Claims = own }, Catalog);
        var error = Assert.Throws<ApiException>(() => TaskGrants.Check(narrow, before, after, Catalog)).Error;
        Assert.Equal((403, kind), (error.Code, error.Model));
        Assert.StartsWith(problem, Assert.Single(error.Messages), StringComparison.Ordinal);
        var job = TaskGrants.Chooser(Own, "herder", null, Catalog);
        Assert.Throws<ApiException>(() => TaskGrants.Check(job, before, after, Catalog));
        // What was there stays, and who may assign it adds it.
        TaskGrants.Check(narrow, after, after, Catalog);
        var rights = new Rights { Claims = [.. own, new("tasks,profiles,stages", "assign", "*")] };
        TaskGrants.Check(TaskGrants.Chooser("ann", null, rights, Catalog), before, after, Catalog);
        TaskGrants.Check(null, before, after, Catalog);
    }

    private static TaskDefinition Task(string name) => new() { Name = name };

    private static Dictionary<string, JsonElement> Values(string name)
        => new(StringComparer.Ordinal) { [name] = JsonSerializer.SerializeToElement("x") };

    private static Dictionary<string, JsonElement> Sealed(string name)
        => new(StringComparer.Ordinal) { [name] = SecureParams.Seal(Json.Element("x"), TestCatalog.Keys.PublicKey("profiles", "sealed")) };

    private static Machine Machine() => new()
    {
        Uuid = Own,
        Name = "m1",
        Arch = "amd64",
        Stage = "none",
        BootEnv = "local",
        Tasks = ["plain"],
        CurrentTask = -1,
        Available = true,
        Validated = true,
    };

    private static ChangeOptions Options(string task)
        => new(ByMachine: task.Length > 0) { ByTask = task.Length > 0, Task = task, By = Own };

    private static Machine Update(Machine old, string change, string task, bool force = false)
        => Update(old, change, Options(task) with { Force = force });

    private static Machine Update(Machine old, string change, ChangeOptions options)
    {
        var document = JsonSerializer.SerializeToNode(old, Json.Options)!.AsObject();
        foreach (var (name, value) in System.Text.Json.Nodes.JsonNode.Parse(change)!.AsObject()) document[name] = value!.DeepClone();
        return MachineRules.Update(old, document.Deserialize<Machine>(Json.Options)!, Catalog, TestCatalog.Start, options);
    }
}
