using Anvil.Provisioning.Access;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Tests.Documents;

/// <summary>Names that look like others, and texts that steer terminals.</summary>
public sealed class LookAlikesTests
{
    [Theory]
    [InlineData("rocketskates", true)]
    [InlineData("jörg.müller", true)]
    [InlineData("администратор", true)]
    [InlineData("αλφα", true)]
    [InlineData("日本語-server", true)]
    [InlineData("r\u043Ecketskates", false)]
    [InlineData("\u0430dmin", false)]
    [InlineData("\u03BFps-team", false)]
    [InlineData("adm\u0456n", false)]
    [InlineData("\uFF41dmin", false)]
    [InlineData("of\uFB01ce", false)]
    [InlineData("ops\u3164", false)]
    [InlineData("ops\u115F", false)]
    [InlineData("op\u02E2", false)]
    [InlineData("ops\u200B", false)]
    [InlineData("ops\u202Etxt", false)]
    [InlineData("ops\u0301", false)]
    [InlineData("ops\u001B[31m", false)]
    [InlineData("ops\n", false)]
    public void ANameIsOfOneScriptAndShowsAllItsLetters(string name, bool isName)
    {
        Assert.Equal(isName, NameRules.IsName(name));
        Assert.Equal(isName, NameRules.IsUserName(name));
        Assert.Equal(isName, NameRules.IsParamName(name));
        Assert.Equal(isName, NameRules.IsTemplateName(name));
    }

    [Fact]
    public void WordsOfOtherScriptsThatLookLikeLatinOnesHaveTheirForm()
    {
        Assert.Equal("cope", LookAlikes.Skeleton("\u0441\u043E\u0440\u0435"));
        Assert.Equal("OPA", LookAlikes.Skeleton("\u039F\u03A1\u0391"));
        Assert.Equal("ann1", LookAlikes.Skeleton("ann1"));
    }

    [Theory]
    [InlineData("plain äöü 日本", "plain äöü 日本")]
    [InlineData("a\r\nb", "a\\u000D\\u000Ab")]
    [InlineData("\u001B[2J\u001B]0;x\u0007", "\\u001B[2J\\u001B]0;x\\u0007")]
    [InlineData("\u009B31m\u007F", "\\u009B31m\\u007F")]
    [InlineData("a\u202Eb\u2028c\u2029d\u200Be\uFEFF", "a\\u202Eb\\u2028c\\u2029d\\u200Be\\uFEFF")]
    public void WhatSteersATerminalIsShownAsNumbers(string text, string shown) => Assert.Equal(shown, PrintableText.Of(text));

    [Fact]
    public void NoLineOfATextBeginsALine()
        => Assert.Equal("a\n    12:00:00.000 INF forged\n    \\u001Bb",
            PrintableText.OfLines("a\r\n12:00:00.000 INF forged\u2028\u001Bb"));

    /// <summary>Scripts whose letters look like Latin capitals, of which a name may be as a whole.</summary>
    [Theory]
    [InlineData("\uA4EE\uA4D3\uA4DF\uA4F2\uA4E0")]
    [InlineData("\u13A0\u13AC\u13AA")]
    public void AUserOfAnotherScriptThatLooksLikeOneIsNone(string name)
    {
        var twin = name.Length == 5 ? "admin" : "dea";
        var catalog = TestCatalog.With(new User { Name = twin });
        Assert.Contains(CatalogRules.Kinds["users"].Problems(new User { Name = name }, null, catalog),
            p => p.Contains($"looks like that of user {twin}", StringComparison.Ordinal));
        Assert.False(LookAlikes.IsPlain(name + "n"));
        Assert.True(LookAlikes.IsPlain(name));
    }

    /// <summary>Digits of other scripts and widths look like letters, dots or other digits.</summary>
    [Fact]
    public void DigitsAreThoseOfAscii()
    {
        Assert.False(NameRules.IsUserName("admin\uFF11"));
        Assert.False(NameRules.IsName("stage\u0660"));
        Assert.True(NameRules.IsName("stage1"));
        // What was taken before may be changed.
        var old = new Stage { Name = "stage\u0660", Validated = true };
        Assert.Empty(CatalogRules.Kinds["stages"].Problems(old with { Description = "d" }, old, TestCatalog.With()));
    }
}
