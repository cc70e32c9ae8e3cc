using System.Text.Json;
using Anvil.Provisioning.Documents;

namespace Anvil.Objects;

/// <summary>What a verb gives: JSON as it may be shown to the requester, and the version that it shows.</summary>
/// <param name="Status">HTTP's number of it.</param>
/// <param name="Json">The JSON; null for none.</param>
/// <param name="Tag">The version, for conditions; "" for none.</param>
public sealed record ObjectAnswer(int Status, string? Json, string Tag = "")
{
    /// <summary>What is kept no longer of what was asked for, in words; "" where that is nothing.</summary>
    public string Trimmed { get; init; } = "";

    /// <summary>What of it is not as it was stored, since that cannot be used; "" where all is.</summary>
    public string Unavailable { get; init; } = "";

    /// <summary>It has a secret in clear (a token, a param that was opened): no face keeps it, or packs it with other texts.</summary>
    public bool HoldsSecret { get; init; }

    /// <summary>Nothing to show.</summary>
    public static ObjectAnswer Empty { get; } = new(204, null);

    /// <summary>A value that is no document.</summary>
    public static ObjectAnswer Of<T>(T value, int status = 200)
        => new(status, JsonSerializer.Serialize(value, Provisioning.Documents.Json.Options));
}
