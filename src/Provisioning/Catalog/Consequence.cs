using System.Text.Json.Serialization;
using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Catalog;

/// <summary>An object that becomes another one by a change.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Key">Its key.</param>
/// <param name="Action">What becomes of it: create, update or delete, as events name them; or check.</param>
/// <param name="Available">Whether it can serve afterwards.</param>
/// <param name="Validated">Whether it can be read afterwards.</param>
/// <param name="Errors">What is the matter with it afterwards, the first of them.</param>
public sealed record Consequence(string Kind, string Key, string Action, bool Available, bool Validated, IReadOnlyList<string> Errors)
{
    /// <summary>It is made.</summary>
    public const string Create = "create";

    /// <summary>It is written.</summary>
    public const string Update = "update";

    /// <summary>It goes.</summary>
    public const string Delete = "delete";

    /// <summary>It stays as it is stored, and what the rules say of it becomes something else.</summary>
    public const string Check = "check";

    /// <summary>Most reasons that are told of one.</summary>
    public const int MostErrors = 20;

    /// <summary>Where it is.</summary>
    [JsonIgnore]
    public DocumentKey Object => new(Kind, Key);

    /// <summary>What becomes of an object that is there afterwards.</summary>
    public static Consequence Of(string kind, string key, string action, Document now)
        => new(kind, key, action, now.Available, now.Validated, [.. now.Errors.Take(MostErrors)]);
}
