namespace Anvil.Contracts;

/// <summary>On whose behalf a change is made, and on which condition.</summary>
/// <param name="Actor">Who asks.</param>
[GenerateSerializer, Immutable, Alias("anvil.ChangeTerms")]
public sealed record ChangeTerms([property: Id(0)] Actor Actor)
{
    /// <summary>Skips the guards that DRP's `force` skips, and takes missing references.</summary>
    [Id(1)]
    public bool Force { get; init; }

    /// <summary>The revision that the object must still have (RFC 9110 section 13.1.1: If-Match); null: any.</summary>
    [Id(2)]
    public long? IfRevision { get; init; }
}
