using System.Text.Json;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Catalog.Schemas;
using Anvil.Provisioning.Documents;
using Anvil.Support;

namespace Anvil.Provisioning.Tests.Catalog;

public sealed class ParamSchemasTests
{
    [Theory]
    [InlineData("{}", "null")]
    [InlineData("{}", """{"a":[1]}""")]
    [InlineData("true", "1")]
    [InlineData("null", "1")]
    [InlineData("""{"type":"integer"}""", "1.0")]
    [InlineData("""{"type":["string","null"]}""", "null")]
    [InlineData("""{"type":"number","minimum":1,"maximum":2}""", "1.5")]
    [InlineData("""{"enum":[1,"a"]}""", "1.0")]
    [InlineData("""{"type":"string","pattern":"^[a-z]+[0-9]+$"}""", "\"eth12\"")]
    [InlineData("""{"pattern":"^(?=.*[0-9])[a-z0-9]+$"}""", "\"a1\"")]
    [InlineData("""{"definitions":{"a":{"type":"object","properties":{"next":{"$ref":"#/definitions/a"}}}},"$ref":"#/definitions/a"}""",
        """{"next":{"next":{}}}""")]
    [InlineData("""{"type":"object","patternProperties":{"^x-":{"type":"integer"}},"additionalProperties":false}""", """{"x-a":1}""")]
    public void Fits(string schema, string value) => Assert.Null(Problem(schema, value));

    [Theory]
    [InlineData("false", "1", "(root): No value is allowed")]
    [InlineData("""{"type":"integer"}""", "\"s\"", "(root): Invalid type. Expected: integer, given: string")]
    [InlineData("""{"type":"integer"}""", "1.5", "(root): Invalid type. Expected: integer, given: number")]
    [InlineData("""{"properties":{"a":{"items":{"type":"string"}}}}""", """{"a":["x",1]}""",
        "a.1: Invalid type. Expected: string, given: integer")]
    [InlineData("""{"required":["a"]}""", "{}", "(root): a is required")]
    [InlineData("""{"additionalProperties":false}""", """{"b":1}""", "(root): Additional property b is not allowed")]
    [InlineData("""{"minimum":18446744073709551616}""", "18446744073709551615",
        "(root): Must be greater than or equal to 18446744073709551616")]
    [InlineData("""{"pattern":"^[a-z]+$"}""", "\"a\\n\"", "(root): Does not match pattern '^[a-z]+$'")]
    [InlineData("""{"pattern":"^\\d+$"}""", "\"\u0661\"", "(root): Does not match pattern '^\\d+$'")]
    [InlineData("""{"uniqueItems":true}""", "[1,1.0]", "(root): array items must be unique")]
    [InlineData("""{"propertyNames":{"pattern":"^[a-z]+$"}}""", """{"A":1}""", "(root): Property name of \"A\" does not match")]
    public void SaysWhatDoesNotFit(string schema, string value, string error)
        => Assert.EndsWith(": " + error, Problem(schema, value), StringComparison.Ordinal);

    [Theory]
    [InlineData("\"string\"", "a schema must be an object, true or false")]
    [InlineData("""{"type":"strng"}""", "/type: there is no type strng")]
    [InlineData("""{"properties":{"a":{"minimum":"one"}}}""", "/properties/a/minimum must be a number")]
    [InlineData("""{"pattern":"([a-z"}""", "/pattern: \"([a-z\" is no regular expression")]
    [InlineData("""{"pattern":"((a{100}){100}){100}"}""", "/pattern: the pattern's repetitions come to more than 10000 characters")]
    [InlineData("""{"definitions":{"unused":{"required":true}}}""", "/definitions/unused/required must be a list of texts")]
    [InlineData("""{"$ref":"file:///etc/hostname"}""", "/$ref: \"file:///etc/hostname\" leads out of the schema")]
    [InlineData("""{"$ref":"http://127.0.0.1:8092/readyz"}""", "leads out of the schema")]
    [InlineData("""{"$ref":"/etc/hostname"}""", "leads out of the schema")]
    [InlineData("""{"items":{"$ref":"other.json#/a"}}""", "/items/$ref: \"other.json#/a\" leads out of the schema")]
    [InlineData("""{"$ref":"#/definitions/none"}""", "is nowhere in the schema")]
    [InlineData("""{"$ref":"#"}""", "the schema refers to itself without end")]
    [InlineData("""{"definitions":{"a":{"allOf":[{"$ref":"#/definitions/b"}]},"b":{"$ref":"#/definitions/a"}},"$ref":"#/definitions/a"}""",
        "refers to itself without end")]
    [InlineData("""{"unevaluatedProperties":false}""", "/unevaluatedProperties is not served")]
    public void WhatCannotBeUsedIsRefused(string schema, string problem)
    {
        var schemas = new ParamSchemas();
        Assert.Contains(problem, schemas.SchemaProblem(JsonElement.Parse(schema)), StringComparison.Ordinal);
        Assert.StartsWith("Schema: ", Assert.Single(schemas.Problems(new Param { Name = "p", Schema = JsonElement.Parse(schema) })),
            StringComparison.Ordinal);
        Assert.StartsWith("Key 'p': the schema cannot be used: ", schemas.Problem("p", JsonElement.Parse("1"), JsonElement.Parse(schema)),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("^(a+)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!")]
    [InlineData("^(a|aa)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!")]
    [InlineData(@"^(\w+\s?)*$", "word word word word word word word word word wwwwwwwwwwwwwwwwwwww!")]
    [InlineData("^(.*)*x$", "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy")]
    public void PatternsThatTryEverythingAreMatchedInLinearTime(string pattern, string value)
    {
        Assert.EndsWith($"Does not match pattern '{pattern}'", Problem($$"""{"pattern":{{Json.Write(pattern)}}}""", Json.Write(value)),
            StringComparison.Ordinal);
    }

    /// <summary>What matches in linear time is bounded by its work: on a machine that is busy a good value is as good as ever.</summary>
    [Fact]
    public void APatternOfLinearTimeHasNoClock()
    {
        var random = new Random(1);
        var value = string.Concat(Enumerable.Range(0, 12_000).Select(_ => random.Next(2) == 0 ? 'a' : 'b')) + "a" + new string('b', 500);
        Assert.Null(Problem("""{"pattern":"^(a|b)*a(a|b){500}$"}""", Json.Write(value)));
    }

    [Fact]
    public void APatternThatCanOnlyBeTriedHasATimeLimit()
    {
        var problem = Problem("""{"items":{"pattern":"^(?!x)(a+)+$"}}""", Json.Write(Enumerable.Repeat(new string('a', 40) + "!", 1000)));
        Assert.EndsWith("its pattern takes too long to match", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void ASchemaThatDoublesItsWorkIsBounded()
    {
        var definitions = string.Join(',', Enumerable.Range(0, 40).Select(n => $$"""
            "a{{n}}":{"allOf":[{"$ref":"#/definitions/a{{n + 1}}"},{"$ref":"#/definitions/a{{n + 1}}"}]}
            """));
        var problem = Problem("{\"definitions\":{" + definitions + ",\"a40\":{}},\"$ref\":\"#/definitions/a0\"}", "1");
        Assert.EndsWith("checking it takes too much work", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void ValuesThatTakeTooMuchWorkAreRefused()
    {
        var equalHashes = "[" + string.Join(',', Enumerable.Range(1, 20_000).Select(n => $"1e-{n + 400}")) + "]";
        Assert.EndsWith("checking it takes too much work", Problem("""{"uniqueItems":true}""", equalHashes), StringComparison.Ordinal);
        Assert.EndsWith("nested too deeply", Problem(Chain(600), "1"), StringComparison.Ordinal);
        Assert.Null(Problem(Chain(200), "1"));
    }

    /// <summary>What is of another kind is compared, too; names and texts are made for each that asks for them.</summary>
    [Theory]
    [InlineData("enum")]
    [InlineData("const")]
    [InlineData("names")]
    [InlineData("fields")]
    [InlineData("texts")]
    [InlineData("unique")]
    public void WhatIsComparedAndToldIsCounted(string what)
    {
        string All(string one, int count) => $$"""{"allOf":[{{string.Join(',', Enumerable.Repeat(one, count))}}]}""";
        var text = new string('n', 1 << 20);
        var (schema, value) = what switch
        {
            "enum" => ($$$"""{"items":{"enum":[{{{string.Join(',', Enumerable.Repeat("0", 30_000))}}}]}}""",
                Json.Write(Enumerable.Repeat("a", 100_000))),
            "const" => ($$$"""{"items":{{{All("""{"const":0}""", 1000)}}}}""", Json.Write(Enumerable.Repeat("a", 100_000))),
            "names" => (All("""{"propertyNames":true}""", 2000), $$"""{"{{text}}":1}"""),
            "fields" => (All("""{"additionalProperties":true}""", 1500), $$"""{"{{text}}":1}"""),
            "texts" => (All("""{"pattern":""}""", 3000), Json.Write(text)),
            _ => (All("""{"uniqueItems":true}""", 2000), $$"""["{{text}}"]"""),
        };
        Assert.EndsWith("checking it takes too much work", Problem(schema, value), StringComparison.Ordinal);
    }

    [Fact]
    public void OfALongListTheFirstAreTold()
    {
        var schema = $$"""{"enum":[{{string.Join(',', Enumerable.Range(0, 5000))}}]}""";
        Assert.EndsWith("must be one of the following: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, … (5000 in all)", Problem(schema, "\"a\""),
            StringComparison.Ordinal);
    }

    /// <summary>A kind that is named often is looked for once.</summary>
    [Fact]
    public void TypesAreLookedThroughOnce()
    {
        var schema = $$$"""{"items":{"type":[{{{string.Join(',', Enumerable.Repeat("\"null\"", 7000))}}}]}}""";
        Assert.EndsWith("9: Invalid type. Expected: null, given: integer", Problem(schema, Json.Write(Enumerable.Repeat(1, 100_000))),
            StringComparison.Ordinal);
    }

    [Fact]
    public void PatternsAreChargedWhatTheyTake()
    {
        var random = new Random(1);
        var text = new string([.. Enumerable.Range(0, 1000).Select(_ => "ab"[random.Next(2)])]);
        Assert.EndsWith("its patterns take too much memory to match", Problem("""{"pattern":"(a?b?){500}c"}""", Json.Write(text)),
            StringComparison.Ordinal);
        Assert.Null(Problem("""{"pattern":"^[0-9a-f]{64}$"}""", Json.Write(new string('0', 64))));
    }

    [Fact]
    public void ALongNameCountsForEachPartBelowIt()
    {
        var parts = string.Join(',', Enumerable.Repeat("true", 6000));
        var schema = JsonElement.Parse("{\"properties\":{\"" + new string('n', 30_000) + "\":{\"allOf\":[" + parts + "]}}}");
        Assert.Contains("the names within it, for all parts below them, come to more than 4194304 characters",
            new ParamSchemas().SchemaProblem(schema), StringComparison.Ordinal);
    }

    [Fact]
    public void SchemasAreBounded()
        => Assert.Contains("a schema has at most 65536 octets",
            new ParamSchemas().SchemaProblem(JsonElement.Parse($$"""{"title":"{{new string('a', SchemaLimits.Octets)}}"}""")),
            StringComparison.Ordinal);

    [Theory]
    [InlineData("""{"type":"integer"}""", "\"rosebud-19\"")]
    [InlineData("""{"additionalProperties":false}""", """{"rosebud-19":1}""")]
    [InlineData("""{"additionalProperties":{"type":"string"}}""", """{"rosebud-19":1}""")]
    [InlineData("""{"propertyNames":{"maxLength":3}}""", """{"rosebud-19":1}""")]
    [InlineData("""{"dependencies":{"rosebud-19":["x"]}}""", """{"rosebud-19":1}""")]
    public void NothingOfASecretIsShown(string schema, string value)
    {
        var problem = new ParamSchemas().Problem("p", JsonElement.Parse(value), JsonElement.Parse(schema), secure: true);
        Assert.StartsWith("Key 'p': invalid val: it does not keep ", problem, StringComparison.Ordinal);
        Assert.DoesNotContain("rosebud", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void ADefaultMustFit()
    {
        Assert.Equal(["Error in default value: (root): Invalid type. Expected: integer, given: string"],
            new ParamSchemas().Problems(new Param { Name = "p", Schema = JsonElement.Parse("""{"type":"integer","default":"many"}""") }));
        Assert.Empty(new ParamSchemas().Problems(
            new Param { Name = "p", Schema = JsonElement.Parse("""{"type":"integer","default":3}""") }));
    }

    [Theory]
    [InlineData("""{"Name":"case/plain"}""")]
    [InlineData("""{"Name":"case/plain","Schema":null}""")]
    [InlineData("""{"Name":"case/plain","Schema":{}}""")]
    public void AParamWithoutASchemaTakesEveryValue(string body)
    {
        var param = DocumentReader.Read<Param>(body, "params", "POST");
        Assert.Contains("\"Schema\":{}", Json.Write(param), StringComparison.Ordinal);
        Assert.Empty(new ParamSchemas().Problems(param));
        Assert.Null(new ParamSchemas().Problem("case/plain", JsonElement.Parse("""{"a":[null]}"""), TestCatalog.With(param)));
    }

    [Fact]
    public void EverySchemaOfTheContentCanBeUsed()
        => Assert.All(TestCatalog.Content().OfType<Param>(), param => Assert.Empty(new ParamSchemas().Problems(param)));

    [Fact]
    public Task Fuzzed() => Fuzz.FixedAsync(OneSchema);

    [Fact(Explicit = true)]
    public Task FuzzedWithoutEnd() => Fuzz.OpenAsync(OneSchema);

    /// <summary>Whatever a schema and a value are, there is an answer.</summary>
    private static void OneSchema(Random random)
    {
        string[] seeds =
        [
            """
            {"type":"object","properties":{"a":{"$ref":"#/definitions/x"}},"definitions":{"x":{"type":["string","null"],
            "pattern":"^(a|b){1,3}\\d$","minLength":1}},"required":["a"]}
            """,
            """
            {"anyOf":[{"items":[{"type":"integer","minimum":0}],"additionalItems":false},{"not":{"enum":[1,"a",null]}}],
            "if":{"const":1},"then":{"multipleOf":0.1}}
            """,
            """
            {"patternProperties":{"^x":{"format":"ipv4"}},"dependencies":{"a":["b"]},"propertyNames":{"maxLength":9},
            "contains":{"exclusiveMinimum":3},"uniqueItems":true}
            """,
        ];
        string[] values = ["1", "0.3", "\"a1\"", "null", "[1,2,1.0]", "[]", """{"a":"ab1"}""", """{"a":null,"x1":"10.0.0.1"}""",
            "[[1e300],{\"b\":{}}]"];
        var schema = Parsed(Fuzz.Mutate(random, System.Text.Encoding.UTF8.GetBytes(seeds[random.Next(seeds.Length)])));
        if (schema is null) return;
        _ = new ParamSchemas().Problem("p", JsonElement.Parse(values[random.Next(values.Length)]), schema.Value);
    }

    private static JsonElement? Parsed(byte[] json)
    {
        try
        {
            return JsonText.Read(json, "", "", "");
        }
        catch (ApiException)
        {
            return null;
        }
    }

    private static string Chain(int length)
        => "{\"definitions\":{"
            + string.Join(',', Enumerable.Range(0, length).Select(n => $"\"a{n}\":{{\"$ref\":\"#/definitions/a{n + 1}\"}}"))
                + $",\"a{length}\":{{}}}},\"$ref\":\"#/definitions/a0\"}}";

    private static string? Problem(string schema, string value)
        => new ParamSchemas().Problem("p", JsonElement.Parse(value), JsonElement.Parse(schema));
}
