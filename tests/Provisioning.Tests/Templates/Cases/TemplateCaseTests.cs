using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Anvil.Provisioning.Boot;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Jobs;
using Anvil.Provisioning.Machines;
using Anvil.Templates;

namespace Anvil.Provisioning.Tests.Templates.Cases;

/// <summary>
/// Templates with what Go's text/template and Sprig make of them. Each line of `templates.jsonl` is rendered as the template of a
/// task for a machine that has the params `data`; each line of `go.jsonl` by itself.
/// </summary>
public sealed class TemplateCaseTests
{
    /// <summary>What a render has, but for the time, which passes differently on a busy machine.</summary>
    private static readonly TemplateLimits Patient = TemplateLimits.Default with { Time = Timeout.InfiniteTimeSpan };

    private static readonly Dictionary<string, JsonObject> All = Read("templates.jsonl").ToDictionary(c => c["id"]!.ToString());

    private static readonly IReadOnlyList<JsonObject> OfGo = [.. Read("go.jsonl")];

    /// <summary>The cases by their names.</summary>
    public static TheoryData<string> Names { get; } = [.. All.Keys];

    /// <summary>The functions that lines of `go.jsonl` begin with.</summary>
    public static TheoryData<string> Functions { get; } = [.. OfGo.Select(FunctionOf).Distinct(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Names))]
    public void ATaskRendersAsInGo(string name)
    {
        var one = All[name];
        var wrong = Wrong(one, () => Render(All[name]));
        Assert.True(wrong is null, wrong);
    }

    [Theory]
    [MemberData(nameof(Functions))]
    public void ATextRendersAsInGo(string function)
    {
        var wrong = OfGo.Where(c => FunctionOf(c) == function)
            .Select(c => Wrong(c, () => TemplateSet.Empty.Render("case", c["template"]!.ToString(), null, new RenderBudget(Patient))))
            .OfType<string>().ToList();
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    private static IEnumerable<JsonObject> Read(string file)
        => File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Templates", "Cases", file)).Select(l => (JsonObject)JsonNode.Parse(l)!);

    private static string FunctionOf(JsonObject one) => Regex.Match(one["template"]!.ToString(), @"^\W*(\w+)").Groups[1].Value;

    private static string? Wrong(JsonObject one, Func<string> render)
    {
        string got;
        try
        {
            got = render();
        }
        catch (TemplateException e)
        {
            if (one["error"] is not { } expected) return $"{one["template"]}: {e.Message}";
            return expected.GetValueKind() == JsonValueKind.True || Regex.IsMatch(e.Message, expected.ToString())
                ? null : $"{one["template"]}: {e.Message}, wanted an error with {expected}";
        }

        var isRight = one["expect"] is { } text ? text.ToString() == got
            : one["match"] is { } match && Regex.IsMatch(got, match.ToString());
        return isRight ? null : $"{one["template"]}: {got}, wanted {one["expect"] ?? one["match"] ?? "an error"}";
    }

    private static string Render(JsonObject one)
    {
        const string Uuid = "0b3c6a8e-0000-4000-8000-000000000001";
        var machine = new JsonObject { ["Uuid"] = Uuid, ["Name"] = "case-1", ["Arch"] = "amd64" };
        foreach (var (field, value) in one["machine"] as JsonObject ?? []) machine[field] = value?.DeepClone();
        machine["Params"] = one["data"]!.DeepClone();
        if (one["bootenv"] is { } env) machine["BootEnv"] = env.ToString();
        if (one["profiles"] is { } profiles) machine["Profiles"] = profiles.DeepClone();
        var own = machine.Deserialize<Machine>(Json.Options)!;
        var catalog = TestCatalog.With(from step in one["after"] as JsonArray ?? [] select Made((JsonObject)step!));
        var context = new RenderContext(catalog, new BootServer("10.0.0.1", 8091, 8092), own,
            catalog.BootEnvs.GetValueOrDefault(own.BootEnv), (_, _, _) => "to.ke.n")
        { Job = Uuid, Budget = new RenderBudget(Patient) };
        var template = new TemplateInfo { Name = "case", Contents = one["template"]!.ToString() };
        var task = new TaskDefinition { Name = "case", Templates = [template] };
        return JobActions.Render(task, context, "linux")[0].Content;
    }

    private static Document Made(JsonObject step) => step["path"]!.ToString() == "/bootenvs"
        ? step["body"].Deserialize<BootEnv>(Json.Options)! : step["body"].Deserialize<Profile>(Json.Options)!;
}
