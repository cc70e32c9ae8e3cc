using Anvil.Provisioning.Access;
using Anvil.Provisioning.Catalog;

namespace Anvil.Contracts.Catalog;

/// <summary>A content pack to be stored.</summary>
/// <param name="Pack">The pack, read and checked for its shape.</param>
/// <param name="IsNew">It must not be there yet; else it takes the place of the one that is.</param>
/// <param name="ReplacesWritable">Objects that the API has written give way to the pack's of the same key (DRP's replaceWritable).</param>
/// <param name="Rights">What the requester may do: what the pack does to each object is held to it. Null: nothing.</param>
/// <param name="Terms">Who asks, and on which condition.</param>
[GenerateSerializer, Immutable, Alias("anvil.PackWrite")]
public sealed record PackWrite([property: Id(0)] StoredPack Pack, [property: Id(1)] bool IsNew, [property: Id(2)] bool ReplacesWritable,
    [property: Id(3)] Rights? Rights, [property: Id(4)] ChangeTerms Terms);

/// <summary>The deletion of a content pack.</summary>
/// <param name="Name">The pack.</param>
/// <param name="Rights">What the requester may do: what goes with the pack is held to it. Null: nothing.</param>
/// <param name="Terms">Who asks, and on which condition.</param>
[GenerateSerializer, Immutable, Alias("anvil.PackRemoval")]
public sealed record PackRemoval([property: Id(0)] string Name, [property: Id(1)] Rights? Rights, [property: Id(2)] ChangeTerms Terms);
