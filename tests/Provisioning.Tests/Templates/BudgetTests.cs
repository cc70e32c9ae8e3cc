using System.Text;
using Anvil.Templates;
using Microsoft.Extensions.Time.Testing;

namespace Anvil.Provisioning.Tests.Templates;

/// <summary>No template ends the process, or goes on for long: each ends with its text, or with what it spent.</summary>
public sealed class BudgetTests
{
    /// <summary>A small stack, smaller than any thread of ours has (the pool's have 1.5 MB).</summary>
    private const int SmallStack = 256 << 10;

    /// <summary>A fifth of what a render has, so that many end soon.</summary>
    private static readonly TemplateLimits Fifth = TemplateLimits.Default with { Steps = 400_000, MemoryOctets = 32 << 20 };

    private static readonly string[] Openers = ["if true", "with 1", "range 1", "if false}}{{else", "with $x := 1", "define \"x\"",
        "block \"x\" ."];

    /// <summary>Ways to print, compare, copy or convert what is in $v.</summary>
    public static TheoryData<string> Walks { get; } =
    [
        "{{$v}}", "{{print $v}}", "{{println $v}}", "{{printf \"%v\" $v}}", "{{printf \"%s\" $v}}", "{{printf \"%q\" $v}}",
        "{{printf \"%d\" $v}}", "{{printf \"x\" $v}}",
        "{{toJson $v}}", "{{mustToJson $v}}", "{{toRawJson $v}}", "{{toPrettyJson $v}}", "{{deepCopy $v}}",
        "{{deepEqual $v (deepCopy $v)}}", "{{eq $v (deepCopy $v)}}",
        "{{merge (dict) $v $v}}", "{{quote $v}}", "{{squote $v}}", "{{cat $v}}", "{{toString $v}}", "{{join \",\" (list $v)}}",
        "{{list $v | sortAlpha}}", "{{list $v | toStrings}}",
        "{{upper $v}}", "{{html $v}}", "{{js $v}}", "{{urlquery $v}}", "{{b64enc $v}}", "{{repeat 2 $v}}", "{{indent 2 $v}}",
        "{{get (dict) $v}}", "{{set (dict) $v 1}}", "{{hasKey (dict) $v}}",
        "{{date $v 1}}", "{{date \"2006\" $v}}", "{{fail $v}}", "{{regexMatch \"a\" $v}}", "{{dict $v $v}}", "{{index (dict) $v}}",
        "{{urlJoin (dict \"host\" $v)}}", "{{sha256sum $v}}",
    ];

    [Theory]
    [InlineData(0, 60_000)]
    [InlineData(1, 60_000)]
    [InlineData(2, 60_000)]
    [InlineData(3, 60_000)]
    [InlineData(4, 60_000)]
    [InlineData(5, 60_000)]
    [InlineData(6, 60_000)]
    [InlineData(7, 60_000)]
    public void NoNestingOfATextEndsTheProcess(int kind, int levels)
    {
        string Times(string text) => new StringBuilder(text.Length * levels).Insert(0, text, levels).ToString();
        var text = kind switch
        {
            0 => "{{if false}}" + Times("{{else if false}}x") + "{{end}}",
            1 => "{{with false}}" + Times("{{else with false}}x") + "{{end}}",
            2 => "{{" + Times("(") + "1" + Times(")") + "}}",
            3 => "{{1 " + Times("| print ") + "}}",
            4 => "{{" + Times("(.a ") + "}}",
            5 => "{{" + Times("not (") + "1" + Times(")") + "}}",
            6 => "{{$x := 1}}" + Times("{{$x = 1}}"),
            _ => "{{ .a" + Times(".a") + " }}",
        };
        Small(() => Ends(() => TemplateSet.Empty.Render("t", text, new TemplateMap())));
        Small(() => Ends(() => TemplateSet.Empty.With("t", text)));
    }

    [Fact]
    public void NoNestingOfActionsEndsTheProcess()
    {
        foreach (var opener in Openers)
        {
            foreach (var levels in new[] { 50, 199, 60_000 })
            {
                var text = string.Concat(Enumerable.Repeat($"{{{{{opener}}}}}", levels)) + "x"
                    + string.Concat(Enumerable.Repeat("{{end}}", levels));
                Small(() => Ends(() => TemplateSet.Empty.Render("t", text, null)));
            }
        }
    }

    [Theory]
    [InlineData("{{define \"r\"}}{{template \"r\" .}}{{end}}{{template \"r\"}}")]
    [InlineData("{{define \"r\"}}{{if true}}{{with 1}}{{range 1}}{{template \"r\" (list (list (list "
        + "1)))}}{{end}}{{end}}{{end}}{{end}}{{template \"r\"}}")]
    [InlineData("{{define \"a\"}}{{template \"b\"}}{{end}}{{define \"b\"}}{{template \"a\"}}{{end}}{{template \"a\"}}")]
    public void TemplatesThatCallEachOtherEndWithTheirDepth(string text)
    {
        Small(() => Assert.Equal(TemplateBound.Depth,
            Assert.Throws<TemplateException>(() => TemplateSet.Empty.Render("t", text, null)).Spent));
        Assert.Equal(TemplateBound.Depth, Assert.Throws<TemplateException>(() => TemplateSet.Empty.Render("t", text, null)).Spent);
    }

    [Theory]
    [MemberData(nameof(Walks))]
    public void WhatHoldsItselfIsFound(string walk)
    {
        string[] cycles =
        [
            "{{$v := dict}}{{$x := set $v \"self\" $v}}",
            "{{$v := dict}}{{$w := dict \"v\" $v}}{{$x := set $v \"w\" (list 1 (list $w))}}",
            "{{$v := dict}}{{$x := set $v \"a\" $v}}{{$x := set $v \"b\" $v}}{{$x := set $v \"c\" (list $v $v)}}",
        ];
        foreach (var cycle in cycles)
            Small(() => Ends(() => TemplateSet.Empty.Render("t", cycle + "\n" + walk, null, new RenderBudget(Fifth)), at: 2));
    }

    [Theory]
    [MemberData(nameof(Walks))]
    public void ValuesNestedWithoutEndOrSharedAreBounded(string walk)
    {
        string[] values =
        [
            "{{$v := list}}{{range 100000}}{{$v = list $v}}{{end}}",
            "{{$v := dict}}{{range 100000}}{{$v = dict \"k\" $v}}{{end}}",
            "{{$v := list \"x\"}}{{range 100}}{{$v = list $v $v}}{{end}}",
            "{{$v := dict \"x\" 1}}{{range 100}}{{$v = dict \"a\" $v \"b\" $v}}{{end}}",
            "{{$v := until 100000}}{{range 20}}{{$v = concat $v $v}}{{end}}",
        ];
        foreach (var value in values)
            Small(() => Ends(() => TemplateSet.Empty.Render("t", value + "\n" + walk, null, new RenderBudget(Fifth)), at: 0));
    }

    [Fact]
    public void TwoThatHoldThemselvesAreCompared()
    {
        const string Text =
            "{{$a := dict}}{{$x := set $a \"s\" $a}}{{$b := dict}}{{$x := set $b \"s\" $b}}{{deepEqual $a $a}}{{deepEqual $a $b}}";
        var error = Assert.Throws<TemplateException>(() => TemplateSet.Empty.Render("t", Text, null));
        Assert.Equal((TemplateBound.Depth, 1), (error.Spent, error.Line));
        Assert.Contains("the value holds itself", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{{range 1000000000}}{{end}}", TemplateBound.Steps)]
    [InlineData("{{range 2000}}{{range 2000}}{{end}}{{end}}", TemplateBound.Steps)]
    [InlineData("{{$l := until 3000}}{{$m := list}}{{uniq (concat (chunk 1 $l) (chunk 1 (until 3000)))}}", TemplateBound.Steps)]
    [InlineData("{{$s := repeat 1000000 \"a\"}}{{$t := printf \"%sb%s\" (substr 0 250000 $s) (substr 0 250000 $s)}}{{contains $t $s}}",
        TemplateBound.Steps)]
    [InlineData("{{$s := repeat 1000000 \"a\"}}{{trimAll $s (cat $s \"b\")}}", TemplateBound.Steps)]
    [InlineData("{{$s := \"x\"}}{{range 64}}{{$s = b64enc $s}}{{$s = cat $s $s}}{{end}}", TemplateBound.Memory)]
    [InlineData("{{$s := \"&\"}}{{range 64}}{{$s = html $s}}{{$s = cat $s $s}}{{end}}", TemplateBound.Memory)]
    [InlineData("{{$l := list 1}}{{range 100}}{{$l = concat $l $l}}{{end}}", TemplateBound.Memory)]
    [InlineData("{{repeat 1000000 (repeat 1000000 \"x\")}}", TemplateBound.Memory)]
    [InlineData("{{indent 1000000 (repeat 1000 \"\\n\")}}", TemplateBound.Memory)]
    [InlineData("{{$s := repeat 100000 \"x\"}}{{replace \"x\" $s $s}}", TemplateBound.Memory)]
    [InlineData("{{$s := repeat 100000 \"x\"}}{{regexReplaceAll \"x\" $s $s}}", TemplateBound.Memory)]
    [InlineData("{{$s := repeat 10000 \"x\"}}{{regexReplaceAll \".*\" $s (repeat 100000 \"$0\")}}", TemplateBound.Memory)]
    [InlineData("{{$s := repeat 4000 \"x \"}}{{wrapWith 1 (repeat 100000 \"y\") $s}}", TemplateBound.Memory)]
    [InlineData("{{$l := until 100000}}{{join (repeat 100000 \"y\") $l}}", TemplateBound.Memory)]
    [InlineData("{{range 100000}}{{printf \"%10000d%10000d\" 1 2 | len}}{{end}}", TemplateBound.Memory)]
    [InlineData("{{$s := repeat 1000000 \"x\"}}{{range 100}}{{$s}}{{end}}", TemplateBound.Output)]
    public void WhatSpendsABoundSaysWhich(string text, TemplateBound bound)
    {
        var error = Assert.Throws<TemplateException>(
            () => TemplateSet.Empty.Render("t", text, null,
                new RenderBudget(TemplateLimits.Default with { Time = Timeout.InfiniteTimeSpan })));
        Assert.Equal((bound, "t", 1), (error.Spent, error.Template, error.Line));
        Assert.Matches("^template: t:1:[0-9]+: executing \"t\" at <", error.Message);
    }

    [Theory]
    [InlineData("{{hasPrefix `$2a$10$` (bcrypt `pw`)}}", "true")]
    [InlineData("{{hasPrefix `me:$2a$` (htpasswd `me` `pw`)}}", "true")]
    [InlineData("{{derivePassword 1 `long` `password` `user` `example.com`}}", "ZedaFaxcZaso9*")]
    [InlineData("{{(genCA `a` 30).Cert | trunc 27}}", "-----BEGIN CERTIFICATE-----")]
    [InlineData("{{$ca := genCAWithKey `a` 30 (genPrivateKey `ecdsa`)}}{{$c := genSignedCertWithKey `b` (list `::1`) (list `b.example`) 9 "
        + "$ca (genPrivateKey `ecdsa`)}}{{(buildCustomCert (b64enc $c.Cert) (b64enc $c.Key)).Key | trunc 30}}",
        "-----BEGIN EC PRIVATE KEY-----")]
    [InlineData("{{(genSelfSignedCertWithKey `a` nil nil 30 (genPrivateKey `ecdsa`)).Cert | trunc 27}}", "-----BEGIN CERTIFICATE-----")]
    public void WhatTakesLongByDesignHasItsPlaceInARender(string text, string expected)
    {
        var patient = TemplateLimits.Default with { Time = Timeout.InfiniteTimeSpan };
        Assert.Equal(expected, TemplateSet.Empty.Render("t", text, null, new RenderBudget(patient)));
        var often = $"{{{{range 1000}}}}{text}{{{{end}}}}";
        var error = Assert.Throws<TemplateException>(() => TemplateSet.Empty.Render("t", often, null, new RenderBudget(Fifth with
        {
            Steps = 100_000,
            Time = Timeout.InfiniteTimeSpan,
        })));
        Assert.NotNull(error.Spent);
    }

    [Theory]
    [InlineData("env \"HOME\"")]
    [InlineData("expandenv \"$HOME\"")]
    [InlineData("getHostByName \"localhost\"")]
    [InlineData("now")]
    [InlineData("ago 1")]
    public void WhatWouldReachOutsideSaysWhyItDoesNot(string call)
        => Assert.Contains(" is refused: templates do not ",
            Assert.Throws<TemplateException>(() => TemplateSet.Empty.Render("t", $"{{{{{call}}}}}", null)).Message,
            StringComparison.Ordinal);

    [Theory]
    [InlineData("a(?=b)")]
    [InlineData("(a)\\1")]
    [InlineData("((a{1000}){1000}){1000}")]
    [InlineData("(")]
    public void PatternsThatMayTakeLongAreRefused(string pattern)
        => Assert.Contains("error parsing regexp",
            Assert.Throws<TemplateException>(
                () => TemplateSet.Empty.Render("t",
                    $"{{{{mustRegexMatch `{pattern}` \"aaaa\"}}}}", null)).Message, StringComparison.Ordinal);

    [Fact]
    public void PatternsTakeTimeThatGrowsWithTheTextAlone()
        => Assert.Equal("false", TemplateSet.Empty.Render("t", "{{regexMatch \"^(a|a)*$\" (print (repeat 10000 \"a\") \"b\")}}", null));

    /// <summary>Each is kept by what comes of it: a list of such texts would hold gigabytes.</summary>
    [Theory]
    [InlineData("{{range 100}}{{$x := $v.SetMetadata $s}}{{end}}")]
    [InlineData("{{range 100}}{{$x := $v.SetPrerelease $s}}{{end}}")]
    [InlineData("{{$a := $v.SetPrerelease $dots}}{{range 30}}{{$x := $a.Compare $a}}{{end}}")]
    public void MethodsAreChargedForTheirArguments(string call)
    {
        var budget = new RenderBudget(TemplateLimits.Default with { Time = Timeout.InfiniteTimeSpan });
        var error = Assert.Throws<TemplateException>(() => TemplateSet.Empty.Render("t",
            "{{$v := semver \"1.0.0\"}}{{$s := repeat 100000 \"aaaaaaaaaa\"}}{{$dots := repeat 100000 \"a.\"}}" + call, null, budget));
        Assert.Equal(TemplateBound.Memory, error.Spent);
    }

    [Fact]
    public void WhatTakesMuchIsLookedAtByTheClock()
    {
        var time = new FakeTimeProvider();
        var budget = new RenderBudget(TemplateLimits.Default, time);
        budget.Look();
        time.Advance(TemplateLimits.Default.Time + TimeSpan.FromTicks(1));
        budget.Allocate(1000);
        Assert.Equal(TemplateBound.Time, Assert.Throws<TemplateFault>(() => budget.Allocate(1 << 20)).Spent);
    }

    /// <summary>Twelve gaps of eight blanks each, which could be cut in many ways, and an end that fits none.</summary>
    [Fact]
    public void ARangeOfVersionsIsReadInLinearTime()
    {
        foreach (var gap in new[] { 8, 300 })
        {
            var range = string.Concat(Enumerable.Repeat("1" + new string(' ', gap), 12)) + "!";
            var error = Assert.Throws<TemplateException>(
                () => TemplateSet.Empty.Render("t", $"{{{{ semverCompare \"{range}\" \"1.0.0\" }}}}", null));
            Assert.Contains("improper constraint", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void APatternThatTookTooLongIsATemplatesFault()
    {
        var error = Assert.Throws<TemplateException>(() => TemplateSet.Empty.Render("t", "{{.Slow}}", new Slow()));
        Assert.Equal((TemplateBound.Time, 1), (error.Spent, error.Line));
    }

    /// <summary>What a pattern's states take is not to be told from the pattern: it is charged as it was taken.</summary>
    [Fact]
    public void APatternIsChargedWhatItTakes()
    {
        var random = new Random(1);
        var text = new string([.. Enumerable.Range(0, 1000).Select(_ => "ab"[random.Next(2)])]);
        string Call(string pattern) => $"{{{{regexMatch \"{pattern}\" \"{text}\"}}}}";
        var limits = TemplateLimits.Default with { MemoryOctets = 16 << 20, Time = Timeout.InfiniteTimeSpan };
        Assert.Equal(TemplateBound.Memory, Assert.Throws<TemplateException>(
            () => TemplateSet.Empty.Render("t", Call("(a|b)*a(a|b){200}c"), null, new RenderBudget(limits))).Spent);
        // By its size with repetitions written out it is refused between packets before it is tried.
        Assert.Equal(TemplateBound.Memory, Assert.Throws<TemplateException>(
            () => TemplateSet.Empty.Render("t", Call("(a?b?){500}c"), null, new RenderBudget(TemplateLimits.Packet))).Spent);
        Assert.Equal("false", TemplateSet.Empty.Render("t", Call("^([0-9]{1,3}[.]){3}[0-9]{1,3}$"), null,
            new RenderBudget(TemplateLimits.Packet)));
    }

    [Fact]
    public void AllThatARequestRendersHasOneBudget()
    {
        var budget = new RenderBudget(TemplateLimits.Default with { Steps = 1000 });
        var renders = 0;
        var error = Assert.Throws<TemplateException>(() =>
        {
            for (; renders < 1000; renders++) TemplateSet.Empty.Render("t", "{{range 10}}{{.}}{{end}}", null, budget);
        });
        Assert.Equal(TemplateBound.Steps, error.Spent);
        Assert.InRange(renders, 5, 100);
    }

    [Fact]
    public void ALevelThatFailedIsNoLevelOfTheNext()
    {
        var budget = new RenderBudget();
        for (var i = 0; i < 2000; i++)
            Assert.Throws<TemplateException>(
                () => TemplateSet.Empty.Render("t", "{{if true}}{{with 1}}{{fail (toJson (list (list 1)))}}{{end}}{{end}}", null, budget));
        Assert.Equal("1", TemplateSet.Empty.Render("t", "{{if true}}{{1}}{{end}}", null, budget));
    }

    [Fact]
    public void TimeIsABound()
    {
        var time = new FakeTimeProvider { AutoAdvanceAmount = TimeSpan.FromMilliseconds(200) };
        var error = Assert.Throws<TemplateException>(
            () => TemplateSet.Empty.Render("t", "{{range 100000}}{{end}}", null, new RenderBudget(null, time)));
        Assert.Equal(TemplateBound.Time, error.Spent);
    }

    /// <summary>A render that waits for a processor, or for the machine, is not ended by it.</summary>
    [Fact]
    public void TheTimeIsThatOfTheProcessor()
    {
        var clock = ThreadTime.Instance;
        var (before, wall) = (clock.GetTimestamp(), TimeProvider.System.GetTimestamp());
        using var never = new ManualResetEventSlim();
        never.Wait(TimeSpan.FromMilliseconds(300));
        Assert.True(clock.GetElapsedTime(before) < TimeProvider.System.GetElapsedTime(wall) / 2, "waiting took time of the processor");
        before = clock.GetTimestamp();
        TemplateSet.Empty.Render("t", "{{range 100000}}{{end}}", null, new RenderBudget());
        Assert.True(clock.GetElapsedTime(before) > TimeSpan.Zero, "work took no time of the processor");
    }

    [Fact]
    public void WhoHasGoneIsNotRenderedFor()
    {
        using var gone = new CancellationTokenSource();
        var set = TemplateSet.Empty;
        var data = new Cancels(gone);
        Assert.ThrowsAny<OperationCanceledException>(
            () => set.Render("t", "{{.Now}}{{range 100000}}{{end}}", data, new RenderBudget(cancellation: gone.Token)));
    }

    [Fact]
    public void ParsingHasABudgetOfItsOwn()
    {
        var large = string.Concat(Enumerable.Repeat("{{.}}", 1 << 20));
        var error = Assert.Throws<TemplateException>(() => TemplateSet.Empty.With("t", large));
        Assert.Equal(TemplateBound.Steps, error.Spent);
        Assert.Matches("^template: t:1:[0-9]+: ", error.Message);
        Assert.NotEmpty(TemplateSet.Definitions("t", new string('x', 15 << 20) + "{{.}}"));
    }

    [Fact]
    public void ErrorsNameTheColumn()
    {
        var parse = Assert.Throws<TemplateException>(() => TemplateSet.Empty.With("t", "a\nbc {{ nosuch }}"));
        Assert.Equal((2, 6), (parse.Line, parse.Column));
        var execute = Assert.Throws<TemplateException>(
            () => TemplateSet.Empty.Render("t", "a\nbc {{ `\n` }} {{ 1 | .x }}", new TemplateMap()));
        Assert.Equal((3, 12), (execute.Line, execute.Column));
        Assert.StartsWith("template: t:3:12: executing \"t\" at <.x>: ", execute.Message, StringComparison.Ordinal);
    }

    /// <summary>It gives a text, or says what is wrong with the template; and where, when that is known.</summary>
    private static void Ends(Func<object?> render, int at = 0)
    {
        try
        {
            render();
        }
        catch (TemplateException e)
        {
            Assert.True(e.Line > 0 && (at == 0 || e.Line == at), e.Message);
        }
    }

    private static void Small(Action act)
    {
        Exception? failed = null;
        var thread = new Thread(
            () =>
            {
                try
                {
                    act();
                }
                catch (Exception e)
                {
                    failed = e;
                }
            },
            SmallStack);
        thread.Start();
        thread.Join();
        if (failed is not null) Assert.Fail(failed.ToString());
    }

    private sealed class Cancels(CancellationTokenSource source) : ITemplateObject
    {
        public bool TryGet(string name, IReadOnlyList<object?> arguments, RenderBudget budget, out object? value)
        {
            source.Cancel();
            value = "";
            return true;
        }
    }

    /// <summary>A member that looks for a pattern for too long.</summary>
    private sealed class Slow : ITemplateObject
    {
        public bool TryGet(string name, IReadOnlyList<object?> arguments, RenderBudget budget, out object? value)
            => throw new System.Text.RegularExpressions.RegexMatchTimeoutException("text", "pattern", TimeSpan.FromSeconds(1));
    }
}
