namespace Anvil.Contracts.Subnets;

/// <summary>Who has an address.</summary>
/// <param name="Token">The client: its MAC address.</param>
/// <param name="Lapsed">The lease has run out, and nobody has had the address since.</param>
[GenerateSerializer, Immutable, Alias("anvil.AddressHolder")]
public sealed record AddressHolder([property: Id(0)] string Token, [property: Id(1)] bool Lapsed)
{
    /// <summary>Ended because somebody said in the client's name that it gives the address back, which nobody can prove.</summary>
    [Id(2)]
    public bool Released { get; init; }

    /// <summary>
    /// Another server gives the address: who had it until this client asked for it, which anybody can do in any name; "" for nobody.
    /// </summary>
    [Id(3)]
    public string Former { get => field ?? ""; init; }
}
