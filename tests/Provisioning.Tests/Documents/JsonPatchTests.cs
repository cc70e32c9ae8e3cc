using System.Text.Json;
using System.Text.Json.Nodes;
using Anvil.Provisioning.Documents;
using Anvil.Support;

namespace Anvil.Provisioning.Tests.Documents;

public sealed class JsonPatchTests
{
    [Theory]
    [InlineData("""{"a":1}""", """[{"op":"add","path":"/b","value":2}]""", """{"a":1,"b":2}""")]
    [InlineData("""{"a":[1,3]}""", """[{"op":"add","path":"/a/1","value":2}]""", """{"a":[1,2,3]}""")]
    [InlineData("""{"a":[1]}""", """[{"op":"add","path":"/a/-","value":2}]""", """{"a":[1,2]}""")]
    [InlineData("""{"a":1,"b":2}""", """[{"op":"remove","path":"/a"}]""", """{"b":2}""")]
    [InlineData("""{"a/b":1,"m~n":2}""", """[{"op":"replace","path":"/a~1b","value":9},{"op":"replace","path":"/m~0n","value":8}]""",
        """{"a/b":9,"m~n":8}""")]
    [InlineData("""{"a":{"x":1}}""", """[{"op":"move","from":"/a/x","path":"/b"}]""", """{"a":{},"b":1}""")]
    [InlineData("""{"a":{"x":1}}""", """[{"op":"copy","from":"/a","path":"/b"}]""", """{"a":{"x":1},"b":{"x":1}}""")]
    [InlineData("""{"a":1}""", """[{"op":"test","path":"/a","value":1.0},{"op":"test","path":"","value":{"a":10e-1}}]""", """{"a":1}""")]
    [InlineData("""{"a":1,"b":[2]}""", """[{"op":"remove","path":"/b/0"},{"op":"test","path":"","value":{"b":[],"a":1}}]""",
        """{"a":1,"b":[]}""")]
    [InlineData("""{"a":{"x":1}}""",
        """[{"op":"copy","from":"/a","path":"/b"},{"op":"replace","path":"/a/x","value":2},{"op":"add","path":"/b/y","value":3}]""",
        """{"a":{"x":2},"b":{"x":1,"y":3}}""")]
    [InlineData("""{"a":{"l":[1]}}""",
        """
        [{"op":"add","path":"/a/l/0","value":0},{"op":"copy","from":"","path":"/a/l/-"},
        {"op":"add","path":"/a/l/2/a/l/-","value":2}]
        """, """{"a":{"l":[0,1,{"a":{"l":[0,1,2]}}]}}""")]
    [InlineData("""{"a":{"x":[1]}}""", """[{"op":"test","path":"/a","value":{"x":[1]}},{"op":"replace","path":"/a/x/0","value":null}]""",
        """{"a":{"x":[null]}}""")]
    public void Applies(string target, string patch, string expected)
    {
        var result = JsonPatch.Apply(JsonNode.Parse(target)!, JsonSerializer.Deserialize<JsonElement>(patch), "machines", "k");
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), result), result.ToJsonString());
    }

    [Theory]
    [InlineData("""[{"op":"add","path":"/a","value":1},{"op":"remove","path":"/a"},{"op":"replace","path":"/a","value":1}]""", false)]
    [InlineData("""[{"op":"add","path":"/a","value":1},{"op":"test","path":"/b","value":1}]""", true)]
    [InlineData("""[{"op":"copy","from":"/a","path":"/b"}]""", true)]
    [InlineData("""[{"op":"move","from":"/a","path":"/b"}]""", true)]
    [InlineData("""{"op":"test"}""", false)]
    [InlineData("""[1,{"op":7}]""", false)]
    public void WhatAPatchLooksAtIsTold(string patch, bool reads)
        => Assert.Equal(reads, JsonPatch.Reads(JsonSerializer.Deserialize<JsonElement>(patch)));

    [Theory]
    [InlineData("""[{"op":"add","path":"/a~2","value":1}]""", 409,
        "Patch error at line 0: \"/a~2\" is not a JSON pointer: ~ is followed by 0 or 1")]
    [InlineData("""[{"op":"copy","from":"/a~","path":"/b"}]""", 409,
        "Patch error at line 0: \"/a~\" is not a JSON pointer: ~ is followed by 0 or 1")]
    [InlineData("""[{"op":"test","path":"/a","value":2}]""", 409, "Patch error at line 0: Test op failed.")]
    [InlineData("""[{"op":"add","path":"/x","value":1},{"op":"bogus","path":"/a"}]""", 409, "Patch error at line 1: Invalid op bogus")]
    [InlineData("""[{"op":"replace","path":"/no/deep","value":1}]""", 409,
        "Patch error at line 0: Selector no is not a member of the object")]
    [InlineData("""[{"op":"remove","path":"/l/5"}]""", 409, "Patch error at line 0: index 5 is past the end of the array")]
    [InlineData("""[{"op":"add","path":"l","value":1}]""", 409, "Patch error at line 0: \"l\" is not a JSON pointer")]
    [InlineData("""[{"op":"move","from":"/m","path":"/m/x"}]""", 409, "Patch error at line 0: cannot move a value into itself")]
    [InlineData("""[{"op":"add","path":"/x"}]""", 409, "Patch error at line 0: the operation needs a value")]
    [InlineData("""[{"op":"remove","path":""},{"op":"add","path":"/x","value":1}]""", 409,
        "Patch error at line 1: the patch has removed the whole object")]
    [InlineData("""[{"op":"remove","path":""}]""", 409, "the patch removes the whole object")]
    [InlineData("""[null]""", 409, "Patch error at line 0: an operation is an object")]
    [InlineData("""{"op":"add"}""", 400, "a JSON patch is an array of operations (RFC 6902)")]
    public void SaysWhichLineFailed(string patch, int code, string message)
    {
        var target = JsonNode.Parse("""{"a":1,"l":[1],"m":{"x":1}}""")!;
        var error = Assert.Throws<ApiException>(
            () => JsonPatch.Apply(target, JsonSerializer.Deserialize<JsonElement>(patch), "machines", "k")).Error;
        Assert.Equal((code, message), (error.Code, error.Messages[0]));
    }

    [Fact]
    public void AFailedPatchChangesNothing()
    {
        var target = JsonNode.Parse("""{"a":1}""")!;
        Assert.Throws<ApiException>(
            () => JsonPatch.Apply(target,
                JsonSerializer.Deserialize<JsonElement>(
                    """[{"op":"replace","path":"/a","value":2},{"op":"test","path":"/a","value":1}]"""), "m", "k"));
        Assert.Equal("""{"a":1}""", target.ToJsonString());
    }

    [Fact]
    public void NumbersKeepTheirDigits()
    {
        var text = JsonPatch.ApplyToText(JsonElement.Parse("""{"a":18446744073709551616,"b":{"c":-0}}"""u8),
            JsonElement.Parse("""[{"op":"copy","from":"/a","path":"/b/d"},{"op":"add","path":"/e","value":1.50}]"""u8), "m", "k");
        Assert.Equal("""{"a":18446744073709551616,"b":{"c":-0,"d":18446744073709551616},"e":1.50}""",
            System.Text.Encoding.UTF8.GetString(text));
    }

    [Theory]
    [InlineData("/Params/x/-", "the object would have more than 16777216 octets")]
    [InlineData("/Params/x/0", "the object would have more than 16777216 octets")]
    public void CopiesThatDoubleAListAreRefusedBeforeTheyTakeMemory(string path, string why)
    {
        var operations = new JsonArray(JsonNode.Parse("""{"op":"add","path":"/Params/x","value":[0,1,2,3,4,5,6,7,8,9]}"""));
        for (var n = 0; n < 24; n++) operations.Add(new JsonObject { ["op"] = "copy", ["from"] = "/Params/x", ["path"] = path });
        Refused("""{"Params":{}}""", operations, why, 4 << 20);
    }

    [Fact]
    public void CopiesThatDoubleAnObjectAreRefusedBeforeTheyTakeMemory()
    {
        var operations = new JsonArray(JsonNode.Parse("""{"op":"add","path":"/Params/x","value":{"a":{}}}"""));
        for (var n = 0; n < 40; n++)
            operations.Add(new JsonObject { ["op"] = "copy", ["from"] = "/Params/x/a", ["path"] = $"/Params/x/a/k{n}" });
        Refused("""{"Params":{}}""", operations, "the object would have more than 16777216 octets", 4 << 20);
    }

    [Fact]
    public void ATextCopiedIntoManyFieldsIsRefusedBeforeItTakesMemory()
    {
        var operations = new JsonArray(new JsonObject { ["op"] = "add", ["path"] = "/Params/p", ["value"] = new string('a', 64 << 10) });
        for (var n = 0; n < 500; n++)
            operations.Add(new JsonObject { ["op"] = "copy", ["from"] = "/Params/p", ["path"] = $"/Params/p{n}" });
        Refused("""{"Params":{}}""", operations, "the object would have more than 16777216 octets", 4 << 20);
    }

    [Fact]
    public void NestingIsBoundedAfterEachOperation()
    {
        var operations = new JsonArray(JsonNode.Parse("""{"op":"add","path":"/Params/a","value":{}}"""));
        for (var n = 0; n < 70; n++) operations.Add(new JsonObject { ["op"] = "copy", ["from"] = "/Params/a", ["path"] = "/Params/a/a" });
        Refused("""{"Params":{}}""", operations, "the object would be nested more than 64 levels deep", 4 << 20);
    }

    [Fact]
    public void PointersAreBounded()
    {
        Refused("{}", [JsonNode.Parse($$"""{"op":"remove","path":"/{{new string('a', PatchLimits.PointerLength)}}"}""")],
            "a JSON pointer has at most 8192 characters", 4 << 20);
        Refused("{}", [JsonNode.Parse($$"""{"op":"remove","path":"{{string.Concat(Enumerable.Repeat("/a", 65))}}"}""")],
            "a JSON pointer has at most 64 levels", 4 << 20);
    }

    [Theory]
    [InlineData("""{"op":"add","path":"/l/0","value":1}""")]
    [InlineData("""{"op":"test","path":"/l","value":7}""")]
    [InlineData("""{"op":"copy","from":"/l","path":"/m"}""")]
    [InlineData("""{"op":"replace","path":"/l/5","value":1}""")]
    public void TenThousandOperationsOnALargeListAreBounded(string operation)
    {
        var target = JsonElement.Parse($$"""{"l":[{{string.Join(',', Enumerable.Repeat("1", 400_000))}}]}""");
        var patch = JsonElement.Parse($"[{string.Join(',', Enumerable.Repeat(operation, PatchLimits.Operations))}]");
        try
        {
            JsonPatch.ApplyToText(target, patch, "m", "k");
        }
        catch (ApiException e)
        {
            Assert.Contains(e.Error.Messages,
                m => m.Contains("too much work", StringComparison.Ordinal) || m.Contains("Test op failed", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void TenThousandSmallOperationsAreCarriedOut()
    {
        var patch = JsonElement.Parse(
            $"[{string.Join(',', Enumerable.Range(0, PatchLimits.Operations).Select(n =>
                $$"""
                {"op":"add","path":"/Params/p{{n}}","value":[{{n}}]}
                """))}]");
        var text = JsonPatch.ApplyToText(JsonElement.Parse("""{"Params":{}}"""u8), patch, "m", "k");
        Assert.Equal(PatchLimits.Operations, JsonElement.Parse(text).GetProperty("Params").GetPropertyCount());
    }

    [Fact]
    public Task Fuzzed() => Fuzz.FixedAsync(OnePatch);

    [Fact(Explicit = true)]
    public Task FuzzedWithoutEnd() => Fuzz.OpenAsync(OnePatch);

    /// <summary>What a patch makes is what the plain reading of RFC 6902 makes, and it refuses what that refuses.</summary>
    private static void OnePatch(Random random)
    {
        string[] pointers = ["", "/a", "/b", "/a/0", "/a/1", "/a/-", "/b/c", "/b/c/0", "/b/d", "/b/c/-", "/x", "/a/0/a", "/b/b", "/b/b/c",
            "a", "/a~1b", "/~01", "/a/01"];
        string[] values = ["1", "1.0", "\"t\"", "null", "[]", "[1,[2]]", "{}", "{\"c\":[1,{\"c\":null}]}", "true"];
        string[] names = ["add", "remove", "replace", "move", "copy", "test"];
        string Pointer() => pointers[random.Next(pointers.Length)];
        var operations = Enumerable.Range(0, random.Next(1, 9)).Select(_ =>
            $$"""
            {"op":"{{names[random.Next(names.Length)]}}","path":"{{Pointer()}}","from":"{{Pointer()}}",
            "value":{{values[random.Next(values.Length)]}}}
            """);
        var patch = JsonElement.Parse($"[{string.Join(',', operations)}]");
        var target = JsonElement.Parse("""{"a":[1,{"a":2}],"b":{"c":[3],"d":{}},"a/b":4}"""u8);
        var plain = PlainPatch.Apply(JsonNode.Parse(target.GetRawText()), patch);
        try
        {
            var text = JsonPatch.ApplyToText(target, patch, "m", "k");
            Assert.NotNull(plain);
            Assert.True(JsonElement.DeepEquals(plain.Value, JsonElement.Parse(text)),
                $"{patch}: {plain.Value} {System.Text.Encoding.UTF8.GetString(text)}");
        }
        catch (ApiException)
        {
            Assert.True(plain is null, patch.ToString());
        }
    }

    private static void Refused(string target, JsonArray operations, string why, long octets)
    {
        var (document, patch) = (JsonElement.Parse(target), JsonElement.Parse(operations.ToJsonString()));
        var before = GC.GetAllocatedBytesForCurrentThread();
        var error = Assert.Throws<ApiException>(() => JsonPatch.ApplyToText(document, patch, "m", "k")).Error;
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, octets);
        Assert.Equal(409, error.Code);
        Assert.Matches($"^Patch error at line [0-9]+: {why}$", error.Messages[0]);
    }
}
