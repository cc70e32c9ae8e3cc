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
