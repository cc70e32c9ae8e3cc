using System.CommandLine;

namespace Anvil.Cli;

/// <summary>
/// Which server, and who asks: options, else the environment (that of DRP's client, too), else the defaults of a new server.
/// </summary>
internal sealed class Connection
{
    private const string DefaultServer = "http://127.0.0.1:8092";

    /// <summary>URL of the server.</summary>
    public Option<string> Server { get; } =
        new("--server",
            "-E")
        { Description = $"URL of the server (ANVIL_SERVER, RS_ENDPOINT; default {DefaultServer})", Recursive = true };

    /// <summary>User and password.</summary>
    public Option<string> Key { get; } =
        new("--key", "-U") { Description = "User and password with a colon between them (ANVIL_KEY, RS_KEY)", Recursive = true };

    /// <summary>Token instead of a user.</summary>
    public Option<string> Token { get; } =
        new("--token", "-T") { Description = "Token instead of user and password (ANVIL_TOKEN, RS_TOKEN)", Recursive = true };

    /// <summary>Output for programs.</summary>
    public Option<bool> Json { get; } = new("--json") { Description = "JSON for programs instead of tables for people", Recursive = true };

    /// <summary>The server's API as a command line says.</summary>
    /// <exception cref="CliException">The server's URL is none, or nobody asks.</exception>
    public AnvilApi Open(ParseResult parsed)
    {
        var server = Value(parsed, Server, "ANVIL_SERVER", "RS_ENDPOINT") ?? DefaultServer;
        if (!Uri.TryCreate(server.Contains("://", StringComparison.Ordinal) ? server : "http://" + server, UriKind.Absolute, out var url))
            throw new CliException($"{server} is not the URL of a server");
        var token = Value(parsed, Token, "ANVIL_TOKEN", "RS_TOKEN");
        var key = Value(parsed, Key, "ANVIL_KEY", "RS_KEY");
        if (token is null && key is null)
            throw new CliException("who asks? Give --key USER:PASSWORD or --token, or set ANVIL_KEY or ANVIL_TOKEN");
        return new AnvilApi(url, token, key);
    }

    private static string? Value(ParseResult parsed, Option<string> option, params IEnumerable<string> variables)
        => parsed.GetValue(option) ?? variables.Select(Environment.GetEnvironmentVariable).FirstOrDefault(v => !string.IsNullOrEmpty(v));
}
