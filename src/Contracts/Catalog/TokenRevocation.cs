namespace Anvil.Contracts.Catalog;

/// <summary>The end of one token of a user.</summary>
/// <param name="User">The user.</param>
/// <param name="Token">The token's id.</param>
/// <param name="Ends">Unix time (seconds) when it would have ended.</param>
/// <param name="Now">Unix time (seconds).</param>
/// <param name="Terms">Who asks.</param>
[GenerateSerializer, Immutable, Alias("anvil.TokenRevocation")]
public sealed record TokenRevocation([property: Id(0)] string User, [property: Id(1)] string Token, [property: Id(2)] long Ends,
    [property: Id(3)] long Now, [property: Id(4)] ChangeTerms Terms);
