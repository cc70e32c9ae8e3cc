namespace Anvil.Provisioning.Lists;

/// <summary>A page of a list.</summary>
/// <param name="Rows">The objects.</param>
/// <param name="Total">How many there are of the kind, whatever was asked for.</param>
/// <param name="Filtered">How many the filters leave, whatever the page.</param>
/// <param name="Next">What `after` takes for the rows after these; null when these are the last, or when all were asked for.</param>
public sealed record ListPage<T>(IReadOnlyList<T> Rows, long Total, long Filtered, string? Next);
