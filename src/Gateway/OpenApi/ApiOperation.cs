using System.Text.Json.Nodes;
using Anvil.Objects;

namespace Anvil.Gateway.OpenApi;

/// <summary>What is known of a call beside its path and method.</summary>
/// <param name="Summary">What it does, in a few words.</param>
/// <param name="Words">The words of its query.</param>
/// <param name="Answers">How it is answered when it is answered well.</param>
internal sealed record ApiOperation(string Summary, VerbWords Words, params IReadOnlyList<ApiAnswer> Answers)
{
    /// <summary>The schema of its JSON body; null for a call without one.</summary>
    public Func<ApiSchemas, JsonObject>? Body { get; init; }

    /// <summary>Media types of a body that is no JSON.</summary>
    public IReadOnlyList<string> OtherBodies { get; init; } = [];

    /// <summary>Words of its query with schemas of their own, those of a list.</summary>
    public Func<IEnumerable<(string Name, JsonObject Schema)>> Query { get; init; } = () => [];

    /// <summary>Headers that it reads, beside those of versions.</summary>
    public IReadOnlyList<string> Headers { get; init; } = [];
}

/// <summary>How a call is answered.</summary>
/// <param name="Status">HTTP's number.</param>
/// <param name="Shape">The schema of the JSON; null for an answer that has no body, or one that is no JSON.</param>
internal sealed record ApiAnswer(int Status, Func<ApiSchemas, JsonObject>? Shape)
{
    /// <summary>Media types of a body that is no JSON.</summary>
    public IReadOnlyList<string> Media { get; init; } = [];

    /// <summary>Headers that it may have.</summary>
    public IReadOnlyList<string> Headers { get; init; } = [];
}
