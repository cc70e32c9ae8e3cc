namespace Anvil.Objects;

/// <summary>A page of a list.</summary>
/// <param name="Count">How many objects the page has.</param>
/// <param name="Rows">
/// JSON texts of the objects, as the requester may see them and as the query wants them shown, each made when it is asked for.
/// </param>
/// <param name="Total">How many there are, whatever was asked for.</param>
/// <param name="Filtered">How many the query's conditions leave.</param>
/// <param name="Next">Where the next page begins (the query's word `after`); null at the end.</param>
public sealed record ObjectList(int Count, IEnumerable<string> Rows, long Total, long Filtered, string? Next)
{
    /// <summary>What a requester sees who may list nothing (DRP).</summary>
    public static ObjectList Nothing { get; } = new(0, [], 0, 0, null);
}
