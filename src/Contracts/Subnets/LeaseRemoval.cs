namespace Anvil.Contracts.Subnets;

/// <summary>A lease to be deleted.</summary>
/// <param name="Address">Its address.</param>
/// <param name="Actor">Who asks.</param>
[GenerateSerializer, Immutable, Alias("anvil.LeaseRemoval")]
public sealed record LeaseRemoval([property: Id(0)] uint Address, [property: Id(1)] Actor Actor)
{
    /// <summary>The version that the lease must still have; "" for any.</summary>
    [Id(2)]
    public string IfTag { get => field ?? ""; init; } = "";
}
