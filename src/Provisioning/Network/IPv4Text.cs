namespace Anvil.Provisioning.Network;

/// <summary>IPv4 addresses: dotted quads, as numbers in host order.</summary>
public sealed class IPv4Text : AddressText<uint>
{
    /// <summary>The one there is.</summary>
    public static IPv4Text Instance { get; } = new();

    /// <inheritdoc/>
    public override uint Parse(string text) => IPv4.Parse(text);

    /// <inheritdoc/>
    public override string Format(uint address) => IPv4.Format(address);
}
