using Anvil.Contracts.Placement;

namespace Anvil.Grains.Tests.Subnets;

/// <summary>Edges whose addresses the test sets.</summary>
internal sealed class FakeEdges : IEdgeDirectory
{
    public HashSet<uint> Own { get; } = [];

    public IReadOnlySet<uint> Addresses => Own;

    public string? For(string client) => null;
}
