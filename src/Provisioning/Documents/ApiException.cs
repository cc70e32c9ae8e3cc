namespace Anvil.Provisioning.Documents;

/// <summary>
/// Carries an <see cref="ApiError"/> out of a rule; never crosses a grain boundary (grains answer with the error itself).
/// </summary>
public sealed class ApiException(ApiError error) : Exception(error.ToString())
{
    /// <summary>The error to answer.</summary>
    public ApiError Error { get; } = error;

    /// <summary>When it is worth asking again; null where that is not known.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
