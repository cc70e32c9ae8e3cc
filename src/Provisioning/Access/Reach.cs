namespace Anvil.Provisioning.Access;

/// <summary>
/// Which objects somebody's tenants let it see and change, whatever its rights are. Jobs, leases and reservations follow their machine
/// (DRP): by their own keys nobody can say, so that who does not look at the machine is refused.
/// </summary>
public sealed class Reach
{
    private const string Machines = "machines";
    private static readonly string[] Followers = ["jobs", "leases", "reservations"];

    /// <summary>By these somebody is, or is made, limited by no tenant.</summary>
    private static readonly string[] Keepers = ["users", "tenants", "preferences"];

    /// <summary>What tells of everything, so that to read it is to be limited by nothing.</summary>
    private static readonly string[] Tellers = ["logs", "contents"];

    private readonly IReadOnlyList<Tenant> _tenants;
    private readonly bool _isNothing;

    private Reach(IReadOnlyList<Tenant> tenants, bool isNothing) => (_tenants, _isNothing) = (tenants, isNothing);

    /// <summary>Everything there is.</summary>
    public static Reach All { get; } = new([], isNothing: false);

    /// <summary>Nothing but oneself.</summary>
    public static Reach Nothing { get; } = new([], isNothing: true);

    /// <summary>True where anything is limited.</summary>
    public bool IsLimited => _isNothing || _tenants.Count > 0;

    /// <summary>The reach of a user of some tenants: of several, what all of them have.</summary>
    public static Reach Of(IEnumerable<Tenant> tenants)
        => tenants.Where(t => t.Limited.Any()).ToList() is { Count: > 0 } limiting ? new Reach(limiting, isNothing: false) : All;

    /// <summary>True for a kind whose objects follow their machine.</summary>
    public static bool Follows(string prefix) => Followers.Contains(prefix, StringComparer.Ordinal);

    /// <summary>True when not all objects of a kind are within.</summary>
    public bool Limits(string prefix)
    {
        if (_isNothing) return true;
        var own = Follows(prefix) ? Machines : prefix;
        foreach (var tenant in _tenants)
        {
            if (tenant.Of(own) is not null) return true;
        }

        return false;
    }

    /// <summary>True when an object is within: one of a kind that follows machines is not, as long as anything limits it.</summary>
    public bool Holds(string prefix, string key)
    {
        if (_isNothing) return false;
        if (Follows(prefix)) return !Limits(prefix);
        foreach (var tenant in _tenants)
        {
            if (tenant.Of(prefix) is { } held && !held.Contains(key)) return false;
        }

        return true;
    }

    /// <summary>Keys of the objects of a limited kind that are within.</summary>
    public IReadOnlySet<string> KeysOf(string prefix)
    {
        if (_isNothing || Follows(prefix)) return new HashSet<string>(StringComparer.Ordinal);
        var held = _tenants.Select(t => t.Of(prefix)).OfType<IReadOnlySet<string>>().ToList();
        return held.Count == 1 ? held[0]
            : held.SelectMany(h => h).Where(k => held.All(h => h.Contains(k))).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>
    /// True when all that a right gives is within. What leads out of every tenant is not, where no tenant limits who is given it, as a
    /// job: to write users, tenants and preferences, to read or write content packs and logs, and to assign tasks, whose rights those have
    /// who are given it by a task's name.
    /// </summary>
    public bool HasAllOf(Claim right)
    {
        if (!IsLimited) return true;
        if (_isNothing || LeadsOut(right)) return false;
        var kinds = _tenants.SelectMany(t => t.Limited).ToHashSet(StringComparer.Ordinal);
        if (kinds.Contains(Machines)) kinds.UnionWith(Followers);
        return kinds.Where(right.IsFor).All(kind => right.Specific.Split(',').All(key => key != "*" && Holds(kind, key)));
    }

    private static bool LeadsOut(Claim right)
        => (right with { Specific = "*" }).Covers("tasks", "assign", "*") || Tellers.Any(right.IsFor)
            || (Keepers.Any(right.IsFor) && right.Action.Split(',').Any(action => action is not ("get" or "list")));

    /// <summary>The tenants of which a new object of a kind becomes a member, so that who made it sees it (DRP).</summary>
    public IEnumerable<string> TenantsFor(string prefix) => _tenants.Where(t => t.Of(prefix) is not null).Select(t => t.Name);
}
