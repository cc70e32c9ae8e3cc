using System.Text.Json.Nodes;
using Anvil.Agent.Facts;

namespace Anvil.Agent;

/// <summary>What task scripts do through the API, with the environment that the runner gives them.</summary>
public static class Verbs
{
    /// <summary>Gathers the facts again and writes them into the machine's params.</summary>
    public static async Task InventoryAsync()
    {
        var facts = Inventory.Gather();
        var patch = new JsonArray();
        foreach (var (name, value) in facts) patch.Add((JsonNode)Patches.Param(name, value?.DeepClone()));
        await PatchMachineAsync(patch);
        Console.WriteLine(Inventory.Summary(facts));
    }

    /// <summary>Sets one field of the machine to a text.</summary>
    public static Task SetAsync(string pointer, string value) => PatchMachineAsync(new JsonArray(Patches.Add(pointer, value)));

    private static async Task PatchMachineAsync(JsonArray patch)
    {
        var machine = Need("RS_UUID");
        var config = new AgentConfig(Need("RS_ENDPOINT"), machine, Need("RS_TOKEN"), "")
        {
            ApiPin = Environment.GetEnvironmentVariable("ANVIL_API_PIN") ?? "",
        };
        using var api = new ApiClient(config, null, Console.WriteLine);
        var answer = await api.CallAsync(HttpMethod.Patch, $"machines/{machine}", patch);
        if (!answer.IsOk) throw new AgentException($"the machine cannot be changed: {answer.Problem}");
    }

    private static string Need(string name)
        => Environment.GetEnvironmentVariable(name) ?? throw new AgentException($"{name} is not set: this verb is for task scripts");
}
