using System.CommandLine;

namespace Anvil.Cli;

/// <summary>
/// Which server, and who asks: options, else the environment (that of DRP's client, too), else the defaults of a new server.
/// </summary>
internal sealed class Connection
{
    private const string DefaultServer = "https://127.0.0.1:8092";

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

    /// <summary>By what the server is known.</summary>
    public Option<string> Pin { get; } = new("--pin")
    {
        Description = "SHA-256 of the server's public key, sha256//BASE64, as the silo's log tells it (ANVIL_PIN)",
        Recursive = true,
    };

    /// <summary>Whose certificates are trusted.</summary>
    public Option<string> Authority { get; } = new("--ca")
    {
        Description = "File with the certificate of the authority that signed the server's, or the server's own (ANVIL_CA)",
        Recursive = true,
    };

    /// <summary>Whoever answers is taken for the server.</summary>
    public Option<bool> Insecure { get; } = new("--insecure", "-k")
    {
        Description = "Take whoever answers for the server: who is between sees the password (ANVIL_INSECURE=true)",
        Recursive = true,
    };

    /// <summary>Output for programs.</summary>
    public Option<bool> Json { get; } = new("--json") { Description = "JSON for programs instead of tables for people", Recursive = true };

    /// <summary>The server's API as a command line says.</summary>
    /// <exception cref="CliException">The server's URL is none, or nobody asks.</exception>
    public AnvilApi Open(ParseResult parsed)
    {
        var server = Value(parsed, Server, "ANVIL_SERVER", "RS_ENDPOINT") ?? DefaultServer;
        if (!Uri.TryCreate(server.Contains("://", StringComparison.Ordinal) ? server : "https://" + server, UriKind.Absolute, out var url))
            throw new CliException($"{server} is not the URL of a server");
        var token = Value(parsed, Token, "ANVIL_TOKEN", "RS_TOKEN");
        var key = Value(parsed, Key, "ANVIL_KEY", "RS_KEY");
        if (token is null && key is null)
            throw new CliException("who asks? Give --key USER:PASSWORD or --token, or set ANVIL_KEY or ANVIL_TOKEN");
        return new AnvilApi(url, token, key, Trust(parsed));
    }

    /// <summary>What the command line says goes before what the environment does.</summary>
    private ServerTrust Trust(ParseResult parsed)
    {
        var (pin, authority, isAny) = (parsed.GetValue(Pin) ?? "", parsed.GetValue(Authority) ?? "", parsed.GetValue(Insecure));
        if (pin.Length + authority.Length > 0 || isAny) return ServerTrust.Of(pin, authority, isAny);
        var any = Environment.GetEnvironmentVariable("ANVIL_INSECURE") ?? "";
        return ServerTrust.Of(Environment.GetEnvironmentVariable("ANVIL_PIN") ?? "", Environment.GetEnvironmentVariable("ANVIL_CA") ?? "",
            any is "1" || any.Equals("true", StringComparison.OrdinalIgnoreCase));
    }

    private static string? Value(ParseResult parsed, Option<string> option, params IEnumerable<string> variables)
        => parsed.GetValue(option) ?? variables.Select(Environment.GetEnvironmentVariable).FirstOrDefault(v => !string.IsNullOrEmpty(v));
}
