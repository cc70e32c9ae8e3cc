using System.Text.Json.Serialization;

namespace Anvil.Provisioning.Documents;

/// <summary>What every stored object carries (DRP's Validation, Access, Meta, Owned and Bundled mix-ins).</summary>
public abstract record Document
{
    /// <summary>False: the object breaks a rule and is never stored.</summary>
    public bool Validated { get; init; }

    /// <summary>False: stored, but something it refers to is missing or unusable.</summary>
    public bool Available { get; init; }

    /// <summary>Why it is not valid or not available.</summary>
    public IReadOnlyList<string> Errors { get; init => field = value ?? []; } = [];

    /// <summary>True for objects of content packs.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>Free-form labels; icon, color, title and feature-flags are known to clients.</summary>
    public IReadOnlyDictionary<string, string> Meta { get; init => field = value ?? new Dictionary<string, string>(); } =
        new Dictionary<string, string>();

    /// <summary>Owning endpoint in federated mirrors.</summary>
    public string Endpoint { get; init => field = value ?? ""; } = "";

    /// <summary>Content pack that holds the object; "" for objects made through the API.</summary>
    public string Bundle { get; init => field = value ?? ""; } = "";

    /// <summary>The object's key within its kind.</summary>
    [JsonIgnore]
    public abstract string Key { get; }

    /// <summary>The object's kind.</summary>
    [JsonIgnore]
    public abstract string Prefix { get; }
}
