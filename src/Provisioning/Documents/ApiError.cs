using Orleans;

namespace Anvil.Provisioning.Documents;

/// <summary>An error as the Machines API answers it (DRP's Error: Model, Key, Type, Messages, Code).</summary>
/// <param name="Model">Prefix of the kind, or "".</param>
/// <param name="Key">Key of the object, or "".</param>
/// <param name="Type">What kind of error: ValidationError, CREATE, PATCH, StillInUseError, Conflict, AUTH, or the HTTP method.</param>
/// <param name="Messages">One line each, for a person.</param>
/// <param name="Code">HTTP status.</param>
[GenerateSerializer, Immutable, Alias("anvil.ApiError")]
public sealed record ApiError(
    [property: Id(0)] string Model, [property: Id(1)] string Key, [property: Id(2)] string Type,
    [property: Id(3)] IReadOnlyList<string> Messages, [property: Id(4)] int Code)
{
    /// <summary>422: the object can never be stored like this.</summary>
    public static ApiError Invalid(string model, string key, params IEnumerable<string> messages)
        => new(model, key, "ValidationError", [.. messages], 422);

    /// <summary>404.</summary>
    public static ApiError NotFound(string model, string key, string type = "GET") => new(model, key, type, ["Not Found"], 404);

    /// <summary>409 of another type.</summary>
    public static ApiError Conflict(string model, string key, string type, params IEnumerable<string> messages)
        => new(model, key, type, [.. messages], 409);

    /// <summary>400.</summary>
    public static ApiError BadRequest(string model, string key, string type, string message) => new(model, key, type, [message], 400);

    /// <summary>The form that DRP's client prints: type, model/key, messages.</summary>
    public override string ToString() => $"{Type}: {Model}/{Key}: {string.Join("; ", Messages)}";
}
