using System.Globalization;
using System.Text;
using Anvil.Support;
using Anvil.Templates;

namespace Anvil.Provisioning.Tests.Templates;

/// <summary>
/// Made-up templates over all functions there are, with sizes that hurt, in a process with little memory: each ends with a text or a
/// <see cref="TemplateException"/>, within its budget, and what it took was charged.
/// </summary>
public sealed class RenderFuzzTests
{
    /// <summary>Cases of each function in every test run.</summary>
    private const int Cases = 25;

    /// <summary>Plain calls of a function that made-up ones never came through to, until one does.</summary>
    private const int PlainCalls = 5000;

    /// <summary>Memory of the process: what holds no template of a hundred thousand that is not bounded.</summary>
    private const long Heap = 300 << 20;

    /// <summary>Octets that may really be taken for one that is charged; a step counts as so many.</summary>
    private const long OctetsForOne = 4;
    private const long OctetsOfStep = 128;

    /// <summary>What the first use of something may take: tables that are made once.</summary>
    private const long OctetsAtFirst = 2 << 20;

    /// <summary>Longest that a case may keep a processor busy: its sixty thousand steps take a hundredth of that.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(2);

    private static readonly TemplateLimits Limits =
        new(64 << 10, 60_000, 20) { MemoryOctets = 8 << 20, Nesting = 200, Time = Timeout.InfiniteTimeSpan };

    private static readonly string[] Prelude =
    [
        "{{$cycle := dict \"k\" 1}}{{$x := set $cycle \"self\" (list $cycle)}}",
        "{{$deep := list 1}}{{range 300}}{{$deep = list $deep}}{{end}}",
        "{{$shared := list \"x\"}}{{range 60}}{{$shared = list $shared $shared}}{{end}}",
        "{{$maps := dict \"k\" \"v\"}}{{range 60}}{{$maps = dict \"a\" $maps \"b\" $maps}}{{end}}",
        "{{$long := repeat 20000 \"ab \"}}", "{{$lines := repeat 10000 \"\\n\"}}", "{{$special := repeat 9000 \"&\\\"\"}}",
        "{{$wide := repeat 9000 \"é世\"}}",
        "{{$version := semver \"v1.2.3-a.1+b\"}}{{$time := toDate \"2006-01-02\" \"2020-01-02\"}}",
        "{{$many := until 5000}}", "{{$texts := splitList \" \" (repeat 2000 \"ab \")}}",
    ];

    /// <summary>Methods of values that functions make, called as functions are.</summary>
    private static readonly string[] Methods =
    [
        .. "Major Prerelease Original String Compare LessThan GreaterThan Equal IncMajor IncMinor IncPatch SetPrerelease SetMetadata"
            .Split(' ').Select(m => "$version." + m),
        .. "Year Month Weekday UnixNano UTC Local String Format Before After Equal Sub Add AddDate".Split(' ').Select(m => "$time." + m),
        "(index (list $version) 0).SetMetadata",
    ];

    /// <summary>
    /// What never comes to its end here: it is refused, or takes what a render has but few times
    /// (<see cref="BudgetTests.WhatTakesLongByDesignHasItsPlaceInARender"/>).
    /// </summary>
    private static readonly string[] NeverDone =
    [
        "ago", "bcrypt", "buildCustomCert", "call", "derivePassword", "env", "expandenv", "fail", "genCA", "genCAWithKey",
        "genSelfSignedCert", "genSelfSignedCertWithKey", "genSignedCert", "genSignedCertWithKey", "getHostByName", "htpasswd", "now",
    ];

    /// <summary>Calls whose arguments chance would take too long to find.</summary>
    private static readonly Dictionary<string, string> Suiting = new(StringComparer.Ordinal)
    {
        ["mustDateModify"] = "mustDateModify \"1h\" (toDate \"2006-01-02\" \"2020-01-02\")",
        ["must_date_modify"] = "must_date_modify \"1h\" (toDate \"2006-01-02\" \"2020-01-02\")",
    };

    private static readonly string[] Atoms =
    [
        "(toDate \"2006-01-02\" \"2020-01-02\")", "\"1h\"", "\"ecdsa\"", "(encryptAES \"k\" \"a\")", "(semver \"1.2.3\")",
        "$version", "$time",
        "$cycle", "$deep", "$shared", "$maps", "$long", "$lines", "$special", "$wide", "$many", "$texts", "nil", "true", "false", "0", "1",
        "-1", "2", "3", "16", "1000", "999999", "1000000", "1000001",
        "9223372036854775807", "-9223372036854775808", "1.5", "-0.0", "1e308", "\"\"", "\"a\"", "\" \"", "\"%1000000d%*d\"",
        "\"%v %q %x\"", "\"$0$0$0$0${1}\"", "\"(a|b)*\"", "\".*\"", "\"(a+)+$\"",
        "\"x{1000}\"", "\"[\"", "\"1.2.3\"", "\">1,<2||~1.x\"", "\"http://u@h:1/p?q#f\"", "\"{\\\"a\\\":[1,{\\\"b\\\":null}]}\"",
        "\"2020-01-02T03:04:05Z\"", "\"aGk=\"", "\"NBUQ====\"", "\"k\"", "\"a/b/../c.d\"",
        "\"777\"", "(list 1 \"a\" nil)", "(dict \"a\" 1 \"k\" \"v\")", "(dict \"scheme\" \"http\" \"host\" $long)", "(list)", "(dict)",
        "(list (dict \"k\" $long))", "(dict $long $many)",
    ];

    [Fact]
    public Task EveryFunctionEndsWithinItsBudget()
        => OwnProcess.RunAsync(typeof(RenderFuzzTests), nameof(EveryFunctionEndsWithinItsBudget), () => RunAsync(1, n => n < Cases),
            heapOctets: Heap);

    [Fact(Explicit = true)]
    public Task EveryFunctionWithoutEnd()
    {
        var minutes = double.TryParse(Environment.GetEnvironmentVariable("ANVIL_FUZZ_MINUTES"), CultureInfo.InvariantCulture, out var set)
            ? set : 10;
        var end = DateTime.UtcNow.AddMinutes(minutes);
        return OwnProcess.RunAsync(typeof(RenderFuzzTests), nameof(EveryFunctionWithoutEnd),
            () => RunAsync(Environment.TickCount, _ => DateTime.UtcNow < end), TimeSpan.FromMinutes(minutes), Heap);
    }

    private static Task RunAsync(int seed, Func<int, bool> goOn)
    {
        var functions = TemplateSet.FunctionNames.Order(StringComparer.Ordinal).ToArray();
        string[] names = [.. functions, .. Methods];
        var prelude = new RenderBudget(Limits);
        TemplateSet.Empty.Render("prelude", string.Concat(Prelude), null, prelude);
        Assert.True(prelude.Steps < Limits.Steps / 4 && prelude.Memory < Limits.MemoryOctets / 4,
            $"{prelude.Steps} steps and {prelude.Memory} octets are spent already");
        var done = new HashSet<string>(StringComparer.Ordinal);
        for (var round = 0; goOn(round); round++)
        {
            for (var n = 0; n < names.Length; n++)
            {
                // Each case has a seed of its own, so that one that fails can be run alone.
                var own = unchecked((seed * 1_000_003) + (round * 1009) + n);
                if (One(names, names[n], own)) done.Add(names[n]);
            }
        }

        // All were called; each has to have come to its end, too.
        foreach (var name in functions.Where(n => !done.Contains(n)))
        {
            for (var n = 0; n < PlainCalls && !done.Contains(name); n++)
            {
                var random = new Random(n);
                var plain = $"{{{{{Suiting.GetValueOrDefault(name) ?? Call(random, names, name, 0)}}}}}";
                try
                {
                    TemplateSet.Empty.Render("t",
                        $"{{{{$many := list 3 1 2}}}}{{{{$long := `a b`}}}}{plain.Replace("$cycle", "1", StringComparison.Ordinal)}", null,
                        new RenderBudget(Limits));
                    done.Add(name);
                }
                catch (TemplateException)
                {
                    // Other arguments may suit it.
                }
            }
        }

        Assert.Empty(functions.Where(n => !done.Contains(n)).Except(NeverDone, StringComparer.Ordinal));
        foreach (var value in new[] { "$version.", "$time." })
            Assert.Contains(done, n => n.StartsWith(value, StringComparison.Ordinal));
        return Task.CompletedTask;
    }

    /// <summary>Renders one template in which a function is called; true when that gave a value.</summary>
    private static bool One(string[] names, string name, int seed)
    {
        var random = new Random(seed);
        var text = new StringBuilder();
        foreach (var line in Prelude) text.Append(line);
        for (var before = random.Next(3); before > 0; before--) text.Append(Action(random, names, Expression(random, names, 2)));
        // Few of the arguments that are made up suit the function; so most of them are plain.
        var call = $"({Call(random, names, name, random.Next(3) == 0 ? 1 : 0)})";
        text.Append(CultureInfo.InvariantCulture, $"{{{{$r := {call}}}}}");
        var marked = text.ToString() + "{{.Reached}}" + Action(random, names, "$r");
        var reached = new Reached();
        var budget = new RenderBudget(Limits);
        var (allocated, processor) = (ThreadCost.Allocated, ThreadCost.Processor);
        try
        {
            var output = TemplateSet.Empty.Render("t", marked, reached, budget);
            Assert.InRange(output.Length, 0, Limits.OutputCharacters);
        }
        catch (TemplateException e)
        {
            if (e.Line == 0) throw new InvalidOperationException($"{name}, seed {seed}: no position: {e.Message}", e);
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"{name}, seed {seed}: {e.Message}: {marked}", e);
        }

        allocated = ThreadCost.Allocated - allocated;
        processor = ThreadCost.Processor - processor;
        var charged = budget.Memory + (OctetsOfStep * budget.Steps);
        Assert.InRange(budget.Steps, 0, Limits.Steps);
        Assert.InRange(budget.Memory, 0, Limits.MemoryOctets);
        if (allocated > (OctetsForOne * charged) + OctetsAtFirst)
            throw new InvalidOperationException($"{name}, seed {seed}: {allocated} octets were taken and {charged} charged: {marked}");
        if (processor > Longest)
            throw new InvalidOperationException($"{name}, seed {seed}: kept a processor busy for {processor.TotalSeconds:F1} s: {marked}");
        return reached.Is;
    }

    private static string Call(Random random, string[] names, string name, int depth)
        => name + string.Concat(Enumerable.Range(0, random.Next(5)).Select(_ => " " + Expression(random, names, depth)));

    private static string Action(Random random, string[] names, string expression) => random.Next(6) switch
    {
        0 => $"{{{{range {expression}}}}}{{{{.}}}}{{{{end}}}}",
        1 => $"{{{{range $k, $w := {expression}}}}}{{{{range $many}}}}{{{{{Expression(random, names, 1)}}}}}{{{{end}}}}{{{{end}}}}",
        2 => $"{{{{with {expression}}}}}{{{{.}}}}{{{{else}}}}{{{{end}}}}",
        3 => $"{{{{if {expression}}}}}x{{{{end}}}}",
        4 => $"{{{{{expression} | {names[random.Next(names.Length)]} {Atoms[random.Next(Atoms.Length)]}}}}}",
        _ => $"{{{{{expression}}}}}",
    };

    private static string Expression(Random random, string[] names, int depth)
    {
        if (depth == 0 || random.Next(4) == 0) return Atoms[random.Next(Atoms.Length)];
        var arguments = Enumerable.Range(0, random.Next(4)).Select(_ => " " + Expression(random, names, depth - 1));
        return $"({names[random.Next(names.Length)]}{string.Concat(arguments)})";
    }

    private sealed class Reached : ITemplateObject
    {
        public bool Is { get; private set; }

        public bool TryGet(string name, IReadOnlyList<object?> arguments, RenderBudget budget, out object? value)
        {
            Is = true;
            value = "";
            return true;
        }
    }
}
