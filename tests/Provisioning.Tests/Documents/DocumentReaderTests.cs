using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Jobs;
using Anvil.Provisioning.Machines;
using Anvil.Provisioning.Network;
using Anvil.Support;

namespace Anvil.Provisioning.Tests.Documents;

public sealed class DocumentReaderTests
{
    private static readonly (string Kind, Type Type)[] Kinds =
    [
        ("machines", typeof(Machine)), ("jobs", typeof(Job)), ("leases", typeof(Lease)), ("users", typeof(User)),
        ("prefs", typeof(Dictionary<string, string>)),
        .. CatalogRules.Kinds.Values.Select(k => (k.Prefix, k.Type)),
    ];

    [Theory]
    [InlineData("stages", """{"Tasks":[null]}""", "/Tasks/0 must be a text, not null")]
    [InlineData("stages", """{"Tasks":["a",null,"b"]}""", "/Tasks/1 must be a text, not null")]
    [InlineData("stages", """{"Templates":[null]}""", "/Templates/0 must be an object, not null")]
    [InlineData("stages", """{"Meta":{"title":null}}""", "/Meta/title must be a text, not null")]
    [InlineData("stages", """{"Task":["x"]}""", "/Task is no field of stages")]
    [InlineData("workflows", """{"stages":["none"]}""", "/stages is no field of workflows: is Stages meant?")]
    [InlineData("bootenvs", """{"OS":{"SupportedArchitectures":{"amd64":null}}}""",
        "/OS/SupportedArchitectures/amd64 must be an object, not null")]
    [InlineData("bootenvs", """{"OS":{"SupportedArchitectures":{"amd64":{"Initrds":[null]}}}}""",
        "/OS/SupportedArchitectures/amd64/Initrds/0 must be a text, not null")]
    [InlineData("bootenvs", """{"OS":"debian"}""", "/OS must be an object, not a text")]
    [InlineData("bootenvs", """{"OS":{"Nme":"x"}}""", "/OS/Nme is no field of bootenvs")]
    [InlineData("subnets", """{"Options":[{"Code":256}]}""", "/Options/0/Code must be a whole number from 0 to 255, not 256")]
    [InlineData("subnets", """{"ActiveLeaseTime":600.5}""",
        "/ActiveLeaseTime must be a whole number from -2147483648 to 2147483647, not 600.5")]
    [InlineData("subnets", """{"ActiveLeaseTime":1e10}""",
        "/ActiveLeaseTime must be a whole number from -2147483648 to 2147483647, not 1e10")]
    [InlineData("subnets", """{"ActiveLeaseTime":"600"}""",
        "/ActiveLeaseTime must be a whole number from -2147483648 to 2147483647, not a text")]
    [InlineData("subnets", """{"Enabled":"yes"}""", "/Enabled must be true or false, not a text")]
    [InlineData("machines", """{"Name":5}""", "/Name must be a text, not a number")]
    [InlineData("machines", """{"Name":true}""", "/Name must be a text, not true")]
    [InlineData("machines", """{"Params":[]}""", "/Params must be an object, not a list")]
    [InlineData("machines", """{"CurrentTask":9223372036854775808}""",
        "/CurrentTask must be a whole number from -2147483648 to 2147483647, not 9223372036854775808")]
    [InlineData("machines", """{"Params":{"a/b":{"c~":[1e999]}}}""", "/Params/a~1b/c~0/0 is a number that is too large: 1e999")]
    [InlineData("machines", """{"Params":{"a":-1e400}}""", "/Params/a is a number that is too large: -1e400")]
    [InlineData("machines", """{"Params":{"a":{"b":1,"b":2}}}""", "/Params/a/b is there twice")]
    [InlineData("machines", """{"Name":"a","N\u0061me":"b"}""", "/Name is there twice")]
    [InlineData("machines", """{"Description":"\ud800"}""", "/Description has half of a surrogate pair")]
    [InlineData("machines", """{"Params":{"x":["\udc00\ud800"]}}""", "/Params/x/0 has half of a surrogate pair")]
    [InlineData("machines", """{"Params":{"x\u0000":1}}""", "/Params/ has a name with the character U+0000")]
    [InlineData("machines", """{"Description":"a\u0000"}""", "/Description has the character U+0000")]
    [InlineData("machines", """{"Boot":{"Phase":"Sleeping"}}""",
        "/Boot/Phase must be one of Unknown, Discovering, Discovered, Working, Installing, Installed, Failed, not \"Sleeping\"")]
    [InlineData("machines", """{"Boot":{"Phase":3}}""",
        "/Boot/Phase must be one of Unknown, Discovering, Discovered, Working, Installing, Installed, Failed, not a number")]
    [InlineData("jobs", """{"StartTime":"yesterday"}""", "/StartTime must be a time as in RFC 3339, or an empty text, not \"yesterday\"")]
    [InlineData("jobs", """{"StartTime":"2026-02-30T00:00:00Z"}""",
        "/StartTime must be a time as in RFC 3339, or an empty text, not \"2026-02-30T00:00:00Z\"")]
    [InlineData("machines", "null", "the value must be an object, not null")]
    [InlineData("machines", "[]", "the value must be an object, not a list")]
    [InlineData("machines", "\"x\"", "the value must be an object, not a text")]
    [InlineData("machines", "7", "the value must be an object, not a number")]
    [InlineData("machines", "", "there is no JSON")]
    [InlineData("profiles", "{\"Name\": \"case-x\",}", "the JSON breaks at line 1, octet 19")]
    [InlineData("profiles", "{\"Name\":\n\"case-x\"", "the JSON breaks at line 2, octet 9")]
    [InlineData("profiles", "{} {}", "the JSON breaks at line 1, octet 4")]
    [InlineData("prefs", """{"defaultStage":null}""", "/defaultStage must be a text, not null")]
    [InlineData("prefs", """{"defaultStage":{}}""", "/defaultStage must be a text, not an object")]
    public void RefusesWithThePointer(string kind, string body, string problem)
    {
        var type = Kinds.First(k => k.Kind == kind).Type;
        var error = Assert.Throws<ApiException>(() => DocumentReader.Read(Encoding.UTF8.GetBytes(body), type, kind, "POST")).Error;
        Assert.Equal((400, "", "POST", $"Invalid {kind} object: {problem}"), (error.Code, error.Model, error.Type, error.Messages[0]));
    }

    [Fact]
    public void NamesEveryFaultUpToABound()
    {
        var two = Assert.Throws<ApiException>(
            () => DocumentReader.Read<Stage>("""{"Tasks":[null],"Reboot":1}""", "stages", "PUT", "s")).Error;
        Assert.Equal(["Invalid stages object: /Tasks/0 must be a text, not null",
            "Invalid stages object: /Reboot must be true or false, not a number"], two.Messages);
        var many = Assert.Throws<ApiException>(
            () => DocumentReader.Read<Stage>($$"""{"Tasks":[{{string.Join(',', Enumerable.Repeat("null", 1000))}}]}""", "stages",
                "POST")).Error;
        Assert.Equal((JsonLimits.Problems + 1, "Invalid stages object: and more"), (many.Messages.Count, many.Messages[^1]));
    }

    [Fact]
    public void ANullFieldIsAbsent()
    {
        var machine = DocumentReader.Read<Machine>(
            """
            {"Name":"a","HardwareAddrs":null,"Profiles":null,"Params":null,"Meta":null,"Tasks":null,"Runnable":null,
            "CurrentTask":null,"Boot":{"Since":null,"Phase":null}}
            """, "machines", "POST");
        Assert.Equal(Json.Write(new Machine { Name = "a" }), Json.Write(machine));
    }

    [Fact]
    public void TakesWhatDrpcliSendsWithEveryMachine()
    {
        const string Body = """
            {"Name":"case-v4","Context":"","Fingerprint":{"SSNHash":null,"CSNHash":null},"Pool":"default","PoolAllocated":false,
             "PoolStatus":"Free",
             "JobState":"",
             "WorkflowComplete":false,"WorkOrderMode":false,"ParentMachineUuid":null,"Profile":{"Name":"","Params":null},
             "TaskErrorStacks":[]}
            """;
        Assert.Equal(Json.Write(new Machine { Name = "case-v4" }), Json.Write(DocumentReader.Read<Machine>(Body, "machines", "POST")));
    }

    [Fact]
    public void LabelsAreTexts()
    {
        var profile = DocumentReader.Read<Profile>(
            """{"Meta":{"order":5,"long":123456789012345678901,"on":true,"off":false,"f":1.50,"t":"x"}}""", "profiles", "POST");
        Assert.Equal(["5", "123456789012345678901", "true", "false", "1.50", "x"], profile.Meta.Values);
        Assert.Equal("3600", DocumentReader.ReadMap("""{"knownTokenTimeout":3600}"""u8, "prefs", "POST")["knownTokenTimeout"]);
        Assert.Contains("too large",
            Assert.Throws<ApiException>(() => DocumentReader.Read<Profile>("""{"Meta":{"order":1e999}}""", "profiles", "POST")).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1152921504606846977")]
    [InlineData("123456789012345678901234567890")]
    [InlineData("-0")]
    [InlineData("0.1000000000000000055511151231257827")]
    [InlineData("1e-999")]
    [InlineData("1E5")]
    public void NumbersKeepTheirDigits(string number)
    {
        var profile = DocumentReader.Read<Profile>("{\"Params\":{\"n\":" + number + "}}", "profiles", "POST");
        Assert.Contains($"\"n\":{number}}}", Json.Write(profile), StringComparison.Ordinal);
    }

    [Fact]
    public void DepthAndSizeAreBounded()
    {
        string Nested(int levels) => "{\"Params\":{\"d\":" + new string('[', levels - 2) + new string(']', levels - 2) + "}}";
        Assert.Contains(Nested(JsonLimits.Depth)[1..^1],
            Json.Write(DocumentReader.Read<Profile>(Nested(JsonLimits.Depth), "profiles", "POST")), StringComparison.Ordinal);
        Assert.EndsWith("is nested more than 64 levels deep",
            Assert.Throws<ApiException>(
                () => DocumentReader.Read<Profile>(Nested(JsonLimits.Depth + 1), "profiles", "POST")).Error.Messages[0],
                    StringComparison.Ordinal);
        Assert.EndsWith("is nested more than 64 levels deep",
            Assert.Throws<ApiException>(() => DocumentReader.Read<Profile>(Nested(100_000), "profiles", "POST")).Error.Messages[0],
            StringComparison.Ordinal);
        var large = new byte[JsonLimits.Octets + 1];
        Assert.Equal(413, Assert.Throws<ApiException>(() => DocumentReader.Read<Profile>(large, "profiles", "POST")).Error.Code);
        Assert.Equal(413, Assert.Throws<ApiException>(() => JsonText.Read(large, "profiles", "", "POST")).Error.Code);
    }

    [Fact]
    public void AByteOrderMarkIsPassedOver()
    {
        Assert.Equal("case-bom", DocumentReader.Read<Profile>("\uFEFF{\"Name\":\"case-bom\"}", "profiles", "POST").Name);
        Assert.Equal("[]", JsonText.Read("\uFEFF[]"u8, "", "", "").GetRawText());
    }

    [Fact]
    public void TextThatIsNoUtf8IsRefused()
    {
        Assert.Contains("no UTF-8",
            Assert.Throws<ApiException>(() => DocumentReader.Read<Profile>([(byte)'"', 0xC3, (byte)'"'], "profiles", "POST")).Message,
            StringComparison.Ordinal);
        Assert.Contains("no UTF-8",
            Assert.Throws<ApiException>(() => DocumentReader.Read<Profile>("{\"Name\":\"\uD800\"}", "profiles", "POST")).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void WhatAPatchMadeIsRefusedAs406()
    {
        var error = Assert.Throws<ApiException>(
            () => DocumentReader.ReadPatched<Machine>(JsonNode.Parse("""{"Adress":"198.51.100.7"}"""), "machines", "u")).Error;
        Assert.Equal((406, "PATCH", "u", "Invalid machines object: /Adress is no field of machines"),
            (error.Code, error.Type, error.Key, error.Messages[0]));
    }

    [Fact]
    public void AContentPacksObjectIsTakenWithoutWhatNoFieldIsFor()
    {
        var notes = new List<string>();
        var error = Assert.Throws<FormatException>(
            () => DocumentReader.ReadContent(JsonNode.Parse("""{"Tasks":[null],"Colour":1}"""), typeof(Stage), "stages", notes));
        Assert.Equal("/Tasks/0 must be a text, not null", error.Message);
        notes.Clear();
        var stage = (Stage)DocumentReader.ReadContent(JsonNode.Parse("""{"Name":"st","name":"x"}"""), typeof(Stage), "stages", notes);
        Assert.Equal("st", stage.Name);
        Assert.Equal(["/name is no field of stages: is Name meant?"], notes);
    }

    [Fact]
    public void AStoredRowOfANewerVersionIsRead()
    {
        var (stage, none) = DocumentReader.ReadStored<Stage>("""{"Name":"s","Later":{"x":[null]},"Tasks":["a"]}""", "stages");
        Assert.Equal(("s", null), (stage?.Name, none));
        var (broken, problem) = DocumentReader.ReadStored<Stage>("""{"Name":"s","Tasks":[null]}""", "stages");
        Assert.Equal((null, "/Tasks/0 must be a text, not null"), (broken, problem));
        Assert.Equal("there is no JSON", DocumentReader.ReadStored<Stage>("", "stages").Problem);
    }

    [Fact]
    public void EveryDocumentOfTheContentIsRead()
    {
        foreach (var document in TestCatalog.Content())
        {
            var json = JsonSerializer.SerializeToUtf8Bytes(document, document.GetType(), Json.Options);
            var again = DocumentReader.Read(json, document.GetType(), document.Prefix, "POST");
            Assert.Equal(json, JsonSerializer.SerializeToUtf8Bytes(again, document.GetType(), Json.Options));
        }
    }

    [Fact]
    public Task Fuzzed() => Fuzz.FixedAsync(OneBody);

    [Fact(Explicit = true)]
    public Task FuzzedWithoutEnd() => Fuzz.OpenAsync(OneBody);

    /// <summary>Nothing comes out but a document or the one refusal; what was taken is written and read again as it is.</summary>
    private static void OneBody(Random random)
    {
        var (kind, type) = Kinds[random.Next(Kinds.Length)];
        var body = random.Next(2) == 0 ? Made(random, type) : Fuzz.Mutate(random, Made(random, type));
        object document;
        try
        {
            document = DocumentReader.Read(body, type, kind, "POST");
        }
        catch (ApiException e)
        {
            Assert.Equal(400, e.Error.Code);
            Assert.DoesNotContain("System.", e.Message, StringComparison.Ordinal);
            return;
        }

        var written = JsonSerializer.SerializeToUtf8Bytes(document, type, Json.Options);
        var again = DocumentReader.Read(written, type, kind, "POST");
        Assert.Equal(written, JsonSerializer.SerializeToUtf8Bytes(again, type, Json.Options));
        Assert.Null(DocumentReader.ReadStored(Encoding.UTF8.GetString(written), type, kind).Problem);
    }

    /// <summary>A body with some of the type's own fields, whose values mostly fit.</summary>
    private static byte[] Made(Random random, Type type)
    {
        string[] values =
        [
            "null", "true", "0", "5", "-1", "1e999", "1.5", "123456789012345678901234567890", "\"\"", "\"x\"", "\"\\ud83d\\ude00\"",
            "\"\\ud800\"", "\"a\\u0000\"", "[]", "[\"a\"]", "[null]", "{}",
            "{\"a\":\"b\"}", "{\"a\":5}", "{\"a\":null}", "\"2026-01-01T00:00:00Z\"", "\"2026-01-01T00:00:00.123456789+02:00\"",
            "[{\"Code\":3,\"Value\":\"x\"}]", "[{\"Name\":\"t\",\"Meta\":{\"OS\":1}}]",
            "{\"Phase\":\"Failed\",\"Attempts\":3}", "{\"Name\":\"debian-13\",\"SupportedArchitectures\":{\"amd64\":{\"Kernel\":\"k\"}}}",
            "{\"type\":\"string\"}",
        ];
        var names = FieldsOf(type).Append("Pool").Append("Context").Append("Nothing").ToArray();
        var members = Enumerable.Range(0, random.Next(6))
            .Select(_ => $"\"{names[random.Next(names.Length)]}\":{values[random.Next(values.Length)]}");
        return Encoding.UTF8.GetBytes("{" + string.Join(',', members) + "}");
    }

    private static IEnumerable<string> FieldsOf(Type type) => Json.Options.GetTypeInfo(type).Properties.Select(p => p.Name);
}
