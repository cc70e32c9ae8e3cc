using System.Text.Json.Serialization;
using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Access;

/// <summary>
/// Users that see no more than some objects (DRP's Tenant): of each kind that it names its members alone, of other kinds everything.
/// </summary>
public sealed record Tenant : Document
{
    /// <summary>Members of a tenant, of all kinds together.</summary>
    public const int MostMembers = 20_000;

    /// <summary>Users of a tenant.</summary>
    public const int MostUsers = 1_000;

    private readonly Dictionary<string, HashSet<string>> _held = new(StringComparer.Ordinal);

    /// <summary>Unique name.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>For people.</summary>
    public string Description { get; init => field = value ?? ""; } = "";

    /// <summary>For people, long.</summary>
    public string Documentation { get; init => field = value ?? ""; } = "";

    /// <summary>Keys of objects by their kind; a kind with none is one of which the users see nothing.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Members
    {
        get;
        init
        {
            field = value ?? new Dictionary<string, IReadOnlyList<string>>();
            _held = field.ToDictionary(m => m.Key, m => (m.Value ?? []).ToHashSet(StringComparer.Ordinal), StringComparer.Ordinal);
        }
    } = new Dictionary<string, IReadOnlyList<string>>();

    /// <summary>Names of the users.</summary>
    public IReadOnlyList<string> Users { get; init => field = value ?? []; } = [];

    /// <summary>The kinds that it limits.</summary>
    [JsonIgnore]
    public IEnumerable<string> Limited => _held.Keys;

    /// <summary>The members of a kind; null where it limits nothing.</summary>
    public IReadOnlySet<string>? Of(string prefix) => _held.GetValueOrDefault(prefix);

    /// <inheritdoc/>
    public override string Key => Name;

    /// <inheritdoc/>
    public override string Prefix => "tenants";
}
