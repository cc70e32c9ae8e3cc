namespace Anvil.Contracts.Placement;

/// <summary>Which living edge serves an address, as the edges tell it themselves.</summary>
public interface IEdgeDirectory
{
    /// <summary>
    /// The address, on the client's own subnet where there is one, of an edge that serves it; the same for the same client while the
    /// edges stay. Null: no edge tells of any address.
    /// </summary>
    string? For(string client);
}
