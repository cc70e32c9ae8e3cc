using System.Text;
using Anvil.Provisioning.Catalog;
using Anvil.Support;

namespace Anvil.Provisioning.Tests.Catalog;

/// <summary>YAML that somebody wrote to do harm, and what YAML means where it is easily taken for something else.</summary>
public sealed class YamlTextTests
{
    private const long Heap = 256 << 20;

    /// <summary>Texts that are small, or within what a file may have, and come to more than is taken; and what is said of them.</summary>
    public static TheoryData<string, string> Bombs() => new()
    {
        { "aliases", "values, aliases written out" },
        { "aliases of a long text", "characters, aliases written out" },
        { "lists", "nested more than" },
        { "objects", "nested more than" },
        { "dashes", "nested more than" },
        { "aliases of depth", "nested more than" },
        { "keys", "values, aliases written out" },
        { "items", "values, aliases written out" },
        { "question marks", "a key has to be a text" },
        { "open quote", "line" },
    };

    /// <summary>In a process of its own with little memory, which each of them would end: of a stack, or of the heap.</summary>
    [Fact]
    public Task NoTextTakesMoreThanItsBounds() => OwnProcess.RunAsync(
        typeof(YamlTextTests),
        nameof(NoTextTakesMoreThanItsBounds),
        () =>
        {
            foreach (var (name, said) in Bombs().Select(b => b.Data))
            {
                var fault = Assert.Throws<FormatException>(() => ContentPack.Yaml(Bomb(name)));
                Assert.True(name == "open quote" || fault.Message.Contains(said, StringComparison.Ordinal), $"{name}: {fault.Message}");
            }

            return Task.CompletedTask;
        },
        heapOctets: Heap);

    [Theory]
    [InlineData("a: &a [*a]", "there is nothing yet that the alias a could mean")]
    [InlineData("a: *b", "there is nothing yet that the alias b could mean")]
    [InlineData("a: 1\na: 2", "a is there twice")]
    [InlineData("{a: 1, 'a': 2}", "a is there twice")]
    [InlineData("a: 1\n---\nb: 2", "more than one document")]
    [InlineData("x: &x {a: 1}\ny: {<<: *x}", "merge keys")]
    [InlineData("a: !!python/object/apply:os.system [x]", "the tag tag:yaml.org,2002:python/object/apply:os.system is not taken")]
    [InlineData("a: !System.IO.FileInfo x", "the tag !System.IO.FileInfo is not taken")]
    [InlineData("a: !<tag:yaml.org,2002:binary> eA==", "is not taken")]
    [InlineData("? [a, b]\n: c", "a key has to be a text")]
    [InlineData("", "empty")]
    [InlineData("# nothing\n", "empty")]
    public void WhatIsNoPlainDocumentIsRefusedWithAReason(string text, string reason)
        => Assert.Contains(reason, Assert.Throws<FormatException>(() => ContentPack.Yaml(text)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("[1.10, 12345678901234567890123, -0.5e3, 007, +1, .5, 1., 0x10]",
        "[1.10,12345678901234567890123,-0.5e3,7,1,0.5,1,16]")]
    [InlineData("[1e999, .inf, 12:30, 1_000, 2001-01-01, yes, 0o17, 1.2.3, '1', \"true\", !!str 1, ! 2]",
        "[\"1e999\",\".inf\",\"12:30\",\"1_000\",\"2001-01-01\",\"yes\",\"0o17\",\"1.2.3\",\"1\",\"true\",\"1\",\"2\"]")]
    [InlineData("[~, null, '', true, FALSE, !!int \"3\"]", "[null,null,\"\",true,false,3]")]
    [InlineData("a: &x {b: [1]}\nc: *x\nd: *x", "{\"a\":{\"b\":[1]},\"c\":{\"b\":[1]},\"d\":{\"b\":[1]}}")]
    [InlineData("1: a\ntrue: b", "{\"1\":\"a\",\"true\":\"b\"}")]
    public void ScalarsAreThoseOfTheCoreSchemaAndKeepTheirDigits(string text, string json)
        => Assert.Equal(json, ContentPack.Yaml(text).ToJsonString());

    /// <summary>What somebody wrote for DRP, whose YAML is 1.1, is another value here; what is the same is not told.</summary>
    [Theory]
    [InlineData("no", "a text here, and false in DRP")]
    [InlineData("Yes", "a text here, and true in DRP")]
    [InlineData("ON", "a text here, and true in DRP")]
    [InlineData("off", "a text here, and false in DRP")]
    [InlineData("y", "a text here, and true in DRP")]
    [InlineData("N", "a text here, and false in DRP")]
    [InlineData("0755", "755 here, and 493 in DRP")]
    [InlineData("-0755", "-755 here, and -493 in DRP")]
    [InlineData("0_755", "a text here, and 493 in DRP")]
    [InlineData("1_000", "a text here, and 1000 in DRP")]
    [InlineData("1_000.5", "a text here, and 1000.5 in DRP")]
    [InlineData("0b11", "a text here, and 3 in DRP")]
    [InlineData("-0b11", "a text here, and -3 in DRP")]
    [InlineData("0o17", "a text here, and 15 in DRP")]
    [InlineData("-0x1F", "a text here, and -31 in DRP")]
    [InlineData("0X1f", "a text here, and 31 in DRP")]
    [InlineData("12:30", "a text here, as in DRP, and 750 to other readers of YAML 1.1")]
    [InlineData("-1:30:00", "a text here, as in DRP, and -5400 to other readers of YAML 1.1")]
    [InlineData("007", null)]
    [InlineData("08", null)]
    [InlineData("0x1F", null)]
    [InlineData("'no'", null)]
    [InlineData("\"0755\"", null)]
    [InlineData("!!str no", null)]
    [InlineData("true", null)]
    [InlineData("1e3", null)]
    [InlineData("nope", null)]
    [InlineData("2001-01-01", null)]
    [InlineData("0e:00:00:00:00:01", null)]
    [InlineData("10.0.0.1", null)]
    [InlineData("12345678901234567890123", null)]
    [InlineData("99:99", null)]
    public void WhatOlderYamlTakesForAnotherValueIsTold(string scalar, string? told)
    {
        foreach (var text in new[] { $"Name: case-old\nParams:\n  key: {scalar}\n", $"Name: case-old\nParams:\n  key: [{scalar}]\n" })
        {
            var notes = ContentPack.Load("p", [new ContentFile("profiles/t.yml", text)]).Notes;
            if (told is null) Assert.Empty(notes);
            else Assert.StartsWith($"line 3: key: {scalar} is {told}", Assert.Single(notes).Reason, StringComparison.Ordinal);
        }

        var bundle = ContentPack.LoadBundle("b.yml",
            $"sections:\n  profiles:\n    case-old:\n      Name: case-old\n      Params:\n        key: {scalar}\n");
        Assert.Equal(told is null ? 0 : 1, bundle.Notes.Count);
    }

    private static string Bomb(string name)
    {
        const int Many = 1 << 20;
        return name switch
        {
            "aliases" => Laughs("[x,x,x,x,x,x,x,x,x,x]"),
            "aliases of a long text" => Laughs(new string('x', 1 << 16)),
            "lists" => new string('[', Many),
            "objects" => Repeat("{a: ", Many),
            "dashes" => Repeat("- ", Many),
            "aliases of depth" => Repeat("a0: &a0 ", 1) + Lists(40) + "\na1: " + new string('[', 40) + "*a0" + new string(']', 40),
            "keys" => string.Concat(Enumerable.Range(0, 300_000).Select(i => $"k{i}: 1\n")),
            "items" => Repeat("- a\n", 4 * Many),
            "question marks" => Repeat("? ", Many),
            _ => "a: \"" + new string('x', 4 * Many),
        };
    }

    private static string Repeat(string text, int count) => new StringBuilder().Insert(0, text, count).ToString();

    private static string Lists(int levels) => new string('[', levels) + new string(']', levels);

    private static string Laughs(string first)
    {
        var text = new StringBuilder($"a0: &a0 {first}\n");
        for (var i = 1; i < 12; i++) text.Append($"a{i}: &a{i} [{string.Join(',', Enumerable.Repeat($"*a{i - 1}", 10))}]\n");
        return text.ToString();
    }
}
