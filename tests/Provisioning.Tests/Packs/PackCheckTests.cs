using System.Text.Json;
using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Tests.Packs;

/// <summary>
/// Content packs that are given when the test is started (CONTRIBUTING.md). ANVIL_PACKS has their folders and bundles with colons between,
/// ANVIL_PACKS_PARAMS a JSON file of params that every machine has, ANVIL_PACKS_KNOWN a file with what is known to fail, a line each, as
/// the test prints it, ANVIL_PACKS_OUTPUT a folder for what is rendered.
/// </summary>
public sealed class PackCheckTests(ITestOutputHelper log)
{
    [Fact(Explicit = true)]
    public void PacksLoadValidateAndRender()
    {
        var packs = Setting("ANVIL_PACKS")?.Split(':', StringSplitOptions.RemoveEmptyEntries) ?? [];
        Assert.SkipWhen(packs.Length == 0, "ANVIL_PACKS names no content packs");
        var parameters = Setting("ANVIL_PACKS_PARAMS") is { } file
            ? JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(File.ReadAllText(file), Json.Options)! : [];
        var checks = new PackChecks(packs, parameters, Setting("ANVIL_PACKS_OUTPUT"));
        var wrong = checks.Run();
        foreach (var line in checks.Counts.Concat(checks.Notes)) log.WriteLine(line);
        foreach (var (what, why) in wrong) log.WriteLine($"FAILS {what}: {why}");
        log.WriteLine($"{checks.Rendered} rendered, {wrong.Count} wrong");
        string[] known = Setting("ANVIL_PACKS_KNOWN") is { } list ? [.. File.ReadLines(list).Where(l => l.Length > 0 && l[0] != '#')] : [];
        Assert.Equal(known.Order(StringComparer.Ordinal), wrong.Select(w => w.What).Distinct().Order(StringComparer.Ordinal));
    }

    private static string? Setting(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? text : null;
}
