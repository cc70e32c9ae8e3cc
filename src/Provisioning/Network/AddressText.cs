namespace Anvil.Provisioning.Network;

/// <summary>How the addresses of one family are read and written, so that leases of any family can be kept by number.</summary>
/// <typeparam name="TAddress">The address as a number: 32 bits for IPv4, 128 for IPv6.</typeparam>
public abstract class AddressText<TAddress>
{
    /// <summary>The number of an address.</summary>
    /// <exception cref="FormatException">The text is no address of this family.</exception>
    public abstract TAddress Parse(string text);

    /// <summary>The address as people write it.</summary>
    public abstract string Format(TAddress address);
}
