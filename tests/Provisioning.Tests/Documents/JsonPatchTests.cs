using System.Text.Json;
using System.Text.Json.Nodes;
using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Tests.Documents;

public sealed class JsonPatchTests
{
    [Theory]
    [InlineData("""{"a":1}""", """[{"op":"add","path":"/b","value":2}]""", """{"a":1,"b":2}""")]
    [InlineData("""{"a":[1,3]}""", """[{"op":"add","path":"/a/1","value":2}]""", """{"a":[1,2,3]}""")]
    [InlineData("""{"a":[1]}""", """[{"op":"add","path":"/a/-","value":2}]""", """{"a":[1,2]}""")]
    [InlineData("""{"a":1,"b":2}""", """[{"op":"remove","path":"/a"}]""", """{"b":2}""")]
    [InlineData("""{"a/b":1,"m~n":2}""", """[{"op":"replace","path":"/a~1b","value":9},{"op":"replace","path":"/m~0n","value":8}]""", """{"a/b":9,"m~n":8}""")]
    [InlineData("""{"a":{"x":1}}""", """[{"op":"move","from":"/a/x","path":"/b"}]""", """{"a":{},"b":1}""")]
    [InlineData("""{"a":{"x":1}}""", """[{"op":"copy","from":"/a","path":"/b"}]""", """{"a":{"x":1},"b":{"x":1}}""")]
    [InlineData("""{"a":{"x":[1]}}""", """[{"op":"test","path":"/a","value":{"x":[1]}},{"op":"replace","path":"/a/x/0","value":null}]""", """{"a":{"x":[null]}}""")]
    public void Applies(string target, string patch, string expected)
    {
        var result = JsonPatch.Apply(JsonNode.Parse(target)!, JsonSerializer.Deserialize<JsonElement>(patch), "machines", "k");
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), result), result.ToJsonString());
    }

    [Theory]
    [InlineData("""[{"op":"test","path":"/a","value":2}]""", 409, "Patch error at line 0: Test op failed.")]
    [InlineData("""[{"op":"add","path":"/x","value":1},{"op":"bogus","path":"/a"}]""", 409, "Patch error at line 1: Invalid op bogus")]
    [InlineData("""[{"op":"replace","path":"/no/deep","value":1}]""", 409, "Patch error at line 0: Selector no is not a member of the object")]
    [InlineData("""[{"op":"remove","path":"/l/5"}]""", 409, "Patch error at line 0: index 5 is past the end of the array")]
    [InlineData("""[{"op":"add","path":"l","value":1}]""", 409, "Patch error at line 0: \"l\" is not a JSON pointer")]
    [InlineData("""[{"op":"move","from":"/m","path":"/m/x"}]""", 409, "Patch error at line 0: cannot move a value into itself")]
    [InlineData("""{"op":"add"}""", 400, "a JSON patch is an array of operations (RFC 6902)")]
    public void SaysWhichLineFailed(string patch, int code, string message)
    {
        var target = JsonNode.Parse("""{"a":1,"l":[1],"m":{"x":1}}""")!;
        var error = Assert.Throws<ApiException>(() => JsonPatch.Apply(target, JsonSerializer.Deserialize<JsonElement>(patch), "machines", "k")).Error;
        Assert.Equal((code, message), (error.Code, error.Messages[0]));
    }

    [Fact]
    public void AFailedPatchChangesNothing()
    {
        var target = JsonNode.Parse("""{"a":1}""")!;
        Assert.Throws<ApiException>(() => JsonPatch.Apply(target, JsonSerializer.Deserialize<JsonElement>("""[{"op":"replace","path":"/a","value":2},{"op":"test","path":"/a","value":1}]"""), "m", "k"));
        Assert.Equal("""{"a":1}""", target.ToJsonString());
    }
}
