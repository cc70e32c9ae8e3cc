using System.Text.Json.Nodes;

namespace Anvil.Agent;

/// <summary>What the boot server tells this machine: where the API is, which machine this is ("" while unknown), and its token.</summary>
/// <param name="Api">Base URL of the API's server.</param>
/// <param name="Machine">Uuid.</param>
/// <param name="Token">Bearer token.</param>
/// <param name="BootEnv">Boot environment that was booted.</param>
public sealed record AgentConfig(string Api, string Machine, string Token, string BootEnv)
{
    /// <summary>
    /// SHA-256 of the public keys that the API may have, sha256//BASE64, with semicolons between them; "" where none was told: then its
    /// certificate has to be one that the system trusts.
    /// </summary>
    public string ApiPin { get; init; } = "";

    /// <summary>Reads the JSON of sledgehammer/agent.json.</summary>
    public static AgentConfig Parse(string json)
    {
        var node = JsonNode.Parse(json) as JsonObject ?? throw new AgentException("the agent's configuration is not a JSON object");
        string Text(string name) => node[name]?.GetValue<string>() ?? "";
        return new AgentConfig(Text("Api"), Text("Machine"), Text("Token"), Text("BootEnv")) { ApiPin = Text("ApiPin") };
    }
}
