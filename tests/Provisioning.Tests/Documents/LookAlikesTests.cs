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
}
