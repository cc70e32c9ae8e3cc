namespace Anvil.Provisioning.Boot;

/// <summary>How a client reaches Anvil: the address that its packets came to, and the ports there.</summary>
public sealed record BootServer(string Address, int FilePort, int ApiPort)
{
    /// <summary>Base URL of boot files.</summary>
    public string FileUrl => $"http://{Address}:{FilePort}";

    /// <summary>Address of the API where it is another one; "" for the same.</summary>
    public string ApiAddress { get; init; } = "";

    /// <summary>Base URL of the API.</summary>
    public string ApiUrl => $"http://{(ApiAddress.Length > 0 ? ApiAddress : Address)}:{ApiPort}";
}
