namespace Anvil.Contracts.Placement;

/// <summary>The network interfaces of an edge's own host.</summary>
public interface IHostInterfaces
{
    /// <summary>
    /// Those that are up and have an IPv4 address that clients could have, but loopback and ends of virtual cables (DRP), as they are now;
    /// <see cref="IInterfaceDirectory.MostOfEdge"/> at most, each with as many addresses at most.
    /// </summary>
    IReadOnlyList<EdgeInterface> Current();
}
