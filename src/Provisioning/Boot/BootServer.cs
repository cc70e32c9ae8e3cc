namespace Anvil.Provisioning.Boot;

/// <summary>How a client reaches Anvil: the address that its packets came to, and the ports there.</summary>
public sealed record BootServer(string Address, int FilePort, int ApiPort)
{
    /// <summary>Base URL of boot files.</summary>
    public string FileUrl => $"http://{Address}:{FilePort}";

    /// <summary>Address of the API where it is another one; "" for the same.</summary>
    public string ApiAddress { get; init; } = "";

    /// <summary>https, or http.</summary>
    public string ApiScheme { get; init; } = "https";

    /// <summary>By what the API is known: sha256//BASE64 of its public key, several with semicolons between; "": by nothing.</summary>
    public string ApiPin { get; init; } = "";

    /// <summary>Base URL of the API.</summary>
    public string ApiUrl => $"{ApiScheme}://{(ApiAddress.Length > 0 ? ApiAddress : Address)}:{ApiPort}";
}
