using Anvil.Templates;

namespace Anvil.Provisioning.Tests.Templates;

/// <summary>Texts that are parsed once: what comes out, and what it is charged, is the same as when each is parsed anew.</summary>
public sealed class KeptTextTests
{
    private const string Text = "{{define \"own\"}}own {{.}}{{end}}{{template \"own\" .}} {{range list 1 2}}{{.}}{{end}}";

    [Fact]
    public void WhoComesLaterIsGivenAndChargedTheSame()
    {
        var set = TemplateSet.Empty.With("own", "the set's {{.}}");
        var parsed = new RenderBudget();
        var expected = set.Render("t", Text, "dot", parsed);
        Assert.Equal("own dot 12", expected);
        for (var i = 0; i < 3; i++)
        {
            var kept = new RenderBudget();
            Assert.Equal(expected, set.Render("t", Text, "dot", kept, comesAgain: true));
            Assert.Equal((parsed.Steps, parsed.Memory, parsed.Output), (kept.Steps, kept.Memory, kept.Output));
        }

        // What a text defines is its own.
        Assert.Equal("the set's dot", set.Execute("own", "dot"));
    }

    [Fact]
    public void ABudgetThatParsingSpendsIsSpentByWhoFindsItParsed()
    {
        var text = string.Concat(Enumerable.Repeat("{{if false}}{{end}}", 800));
        var set = TemplateSet.Empty;
        Assert.Equal("", set.Render("t", text, null, comesAgain: true));
        for (var i = 0; i < 2; i++)
        {
            var small = new RenderBudget(TemplateLimits.Default with { Steps = 100 });
            Assert.Equal(TemplateBound.Steps,
                Assert.Throws<TemplateException>(() => set.Render("t", text, null, small, comesAgain: i == 1)).Spent);
        }
    }

    [Fact]
    public void TheSameTextUnderAnotherNameIsNamedSo()
    {
        var set = TemplateSet.Empty;
        foreach (var name in new[] { "a", "b", "a" })
        {
            var fault = Assert.Throws<TemplateException>(() => set.Render(name, "{{.Missing}}", new TemplateMap(), comesAgain: true));
            Assert.Contains($"template: {name}:", fault.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void MoreTextsThanAreKeptAreRenderedAllTheSame()
    {
        var set = TemplateSet.Empty;
        for (var i = 0; i < 5000; i++) Assert.Equal($"{i}", set.Render("t", $"{{{{{i}}}}}", null, comesAgain: true));
    }
}
