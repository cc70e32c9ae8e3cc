namespace Anvil.Contracts.Placement;

/// <summary>Which living edge serves an address, and which addresses are edges' own, as they tell it themselves.</summary>
public interface IEdgeDirectory
{
    /// <summary>
    /// The address, on the client's own subnet where there is one, of an edge that serves it; the same for the same client while the
    /// edges stay. Null: no edge tells of any address.
    /// </summary>
    string? For(string client);

    /// <summary>
    /// The addresses of all edges, as numbers: they are no clients', and no relays'. Those of loopback, which are on no wire, are not
    /// among them.
    /// </summary>
    IReadOnlySet<uint> Addresses { get; }
}
