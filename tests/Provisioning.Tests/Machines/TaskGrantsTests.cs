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
        => Assert.Equal(["Task later does not exist"],
            Assert.Throws<ApiException>(() => Update(Machine(), """{"Tasks":["plain","later"]}""", "plain", force: true)).Error.Messages);

    [Theory]
    [InlineData("stage:nope", "Stage nope does not exist")]
    [InlineData("bootenv:nope", "Bootenv nope does not exist")]
    [InlineData("bootenv:discovery", "Bootenv discovery does not allow Machine assignments, it has the OnlyUnknown flag.")]
    [InlineData("nope", "Task nope does not exist")]
    [InlineData("foo:nope", "Task foo:nope does not exist")]
    [InlineData("Stage:none", "Task Stage:none does not exist")]
    [InlineData("context:abc", "Task context:abc does not exist")]
    public void AnEntryOfTheTaskListNamesWhatThereIs(string entry, string problem)
    {
        var change = $$"""{"Tasks":["plain","{{entry}}"]}""";
        Assert.Equal([problem], Assert.Throws<ApiException>(() => Update(Machine(), change, "")).Error.Messages);
        Assert.Contains(problem, Assert.Throws<ApiException>(() => MachineRules.Create(
            new Machine { Uuid = Other, Name = "made", Stage = "none", BootEnv = "local", Tasks = [entry] }, Catalog, TestCatalog.Start,
            false,
            new ChangeOptions(), "secret")).Error.Messages);
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
    {
        var document = JsonSerializer.SerializeToNode(old, Json.Options)!.AsObject();
        foreach (var (name, value) in System.Text.Json.Nodes.JsonNode.Parse(change)!.AsObject()) document[name] = value!.DeepClone();
        return MachineRules.Update(old, document.Deserialize<Machine>(Json.Options)!, Catalog, TestCatalog.Start,
            Options(task) with { Force = force });
    }
}
