using System.Text.Json;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Machines;

namespace Anvil.Provisioning.Tests.Machines;

/// <summary>What one call for many machines comes to for each of them.</summary>
public sealed class BulkRequestTests
{
    private static readonly Machine Web = new()
    {
        Name = "web",
        Profiles = ["a", "b"],
        Params = new Dictionary<string, JsonElement>(StringComparer.Ordinal) { ["x/y"] = Json.Element(1), ["z"] = Json.Element(2) },
    };

    [Theory]
    [InlineData("""{"AddProfiles":["b","c"]}""",
        """[{"op":"test","path":"/Profiles","value":["a","b"]},{"op":"replace","path":"/Profiles","value":["a","b","c"]}]""")]
    [InlineData("""{"RemoveProfiles":["a","z"]}""",
        """[{"op":"test","path":"/Profiles","value":["a","b"]},{"op":"replace","path":"/Profiles","value":["b"]}]""")]
    [InlineData("""{"AddProfiles":["a"],"RemoveProfiles":["z"]}""", "[]")]
    [InlineData("""{"RemoveParams":["x/y","none"]}""", """[{"op":"remove","path":"/Params/x~1y","value":null}]""")]
    [InlineData("""{"Params":{"q":[1],"a/b":"t"}}""",
        """[{"op":"add","path":"/Params/a~1b","value":"t"},{"op":"add","path":"/Params/q","value":[1]}]""")]
    [InlineData("""{"Workflow":"","Stage":"s","Runnable":false,"Patch":[{"op":"add","path":"/Meta/x","value":"y"}]}""",
        """
        [{"op":"add","path":"/Meta/x","value":"y"},{"op":"replace","path":"/Stage","value":"s"},
        {"op":"replace","path":"/Workflow","value":""},{"op":"replace","path":"/Runnable","value":false}]
        """)]
    public void AMachinesPatchIsWhatItLacks(string body, string patch)
    {
        var wanted = DocumentReader.Read<BulkRequest>(body, "machines", "BULK");
        Assert.True(wanted.IsChange);
        using var expected = JsonDocument.Parse(patch);
        Assert.Equal(Json.Write(expected.RootElement), Json.Write(wanted.PatchOf(wanted.LooksAtMachines ? Web : null)));
    }

    [Theory]
    [InlineData("""{"Filter":"Name=a","Delete":true}""", "")]
    [InlineData("""{"Uuids":["00000000-0000-4000-8000-000000000001"],"Approve":true}""", "")]
    [InlineData("""{"Filter":"Name=a","Patch":[]}""", "Patch has no operation")]
    [InlineData("""{"Delete":true}""", "Filter or Uuids")]
    [InlineData("""{"Filter":"Name=a","Uuids":["00000000-0000-4000-8000-000000000001"],"Delete":true}""", "not both")]
    [InlineData("""{"Uuids":["x"],"Delete":true}""", "`x` is no uuid")]
    [InlineData("""{"Filter":"Name=a"}""", "one thing is done")]
    [InlineData("""{"Filter":"Name=a","Delete":true,"Workflow":"w"}""", "one thing is done")]
    [InlineData("""{"Filter":"Name=a","Delete":true,"Approve":true}""", "one thing is done")]
    [InlineData("""{"Filter":"Name=a","Patch":{}}""", "Patch is an array")]
    [InlineData("""{"Filter":"Name=a","Delete":true,"Parallel":17}""", "Parallel is from 0 to 16")]
    [InlineData("""{"Filter":"Name=a","Delete":true,"Most":-1}""", "Most is from 0 to 10000")]
    [InlineData("""{"Filter":"Name=a","Delete":true,"StopAfter":-1}""", "StopAfter")]
    [InlineData("""{"Filter":"Name=a","AddProfiles":["p"],"RemoveProfiles":["p"]}""", "cannot be added and removed")]
    [InlineData("""{"Filter":"Name=a","Params":{"p":1},"RemoveParams":["p"]}""", "cannot be set and removed")]
    [InlineData("""{"Filter":"Name=a","AddProfiles":[""]}""", "has an empty name")]
    public void WhatCannotBeMeantIsTold(string body, string problem)
    {
        var problems = DocumentReader.Read<BulkRequest>(body, "machines", "BULK").Problems().ToList();
        if (problem.Length == 0) Assert.Empty(problems);
        else Assert.Contains(problems, p => p.Contains(problem, StringComparison.Ordinal));
    }
}
