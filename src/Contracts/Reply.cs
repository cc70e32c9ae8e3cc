using Anvil.Provisioning.Documents;

namespace Anvil.Contracts;

/// <summary>
/// A grain's answer to an API call: a document as JSON, or the error to give. Errors of the database never cross silos; they are named
/// here.
/// </summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Body">The document; null for an error or for no content.</param>
/// <param name="Error">The error.</param>
[GenerateSerializer, Immutable, Alias("anvil.Reply")]
public sealed record Reply([property: Id(0)] int Status, [property: Id(1)] string? Body, [property: Id(2)] ApiError? Error) : IRepeatable
{
    /// <inheritdoc/>
    [Id(4)]
    public bool Again { get; init; }

    /// <summary>Revision of the document, for conditional reads; 0 where there is none.</summary>
    [Id(3)]
    public long Revision { get; init; }

    /// <summary>A document.</summary>
    public static Reply Ok(string body, int status = 200) => new(status, body, null);

    /// <summary>An error.</summary>
    public static Reply Fail(ApiError error) => new(error.Code, null, error);
}
