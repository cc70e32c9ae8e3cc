namespace Anvil.Provisioning.Network;

/// <summary>Addresses that lie together, both ends included.</summary>
/// <param name="First">The lowest.</param>
/// <param name="Last">The highest; not below the first.</param>
public readonly record struct AddressRange<TAddress>(TAddress First, TAddress Last)
    where TAddress : struct, IComparable<TAddress>
{
    /// <summary>True for an address of the range.</summary>
    public bool Contains(TAddress address) => address.CompareTo(First) >= 0 && address.CompareTo(Last) <= 0;
}
