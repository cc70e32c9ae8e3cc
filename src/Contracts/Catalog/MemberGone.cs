namespace Anvil.Contracts.Catalog;

/// <summary>An object that is gone, and is no tenant's any more.</summary>
/// <param name="Prefix">Its kind.</param>
/// <param name="Key">Its key.</param>
/// <param name="Terms">Who deleted it, as events say; no right is asked for: what is gone is nobody's.</param>
[GenerateSerializer, Immutable, Alias("anvil.MemberGone")]
public sealed record MemberGone([property: Id(0)] string Prefix, [property: Id(1)] string Key, [property: Id(2)] ChangeTerms Terms);
