
namespace Anvil.Provisioning.Access;

/// <summary>Who makes a request.</summary>
public enum PrincipalKind
{
    /// <summary>A person or program with a user name.</summary>
    User,

    /// <summary>A known machine.</summary>
    Machine,

    /// <summary>A machine that is not known yet: may create one machine.</summary>
    Unknown,
}

/// <summary>An authenticated requester and its rights.</summary>
/// <param name="Name">User name, machine uuid, or the address of an unknown machine.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Claims">Its rights.</param>
public sealed record Principal(string Name, PrincipalKind Kind, IReadOnlyList<Claim> Claims)
{
    /// <summary>Who has no rights: what is made for all, whoever reads it then.</summary>
    public static Principal Nobody { get; } = new("", PrincipalKind.Unknown, []);

    /// <summary>Id of the token that it came with; "" without one.</summary>
    public string TokenId { get; init; } = "";

    /// <summary>When that token ends; the beginning of time without one.</summary>
    public DateTimeOffset TokenEnds { get; init; }

    /// <summary>The roles that its token is limited to, for as long as they have their rights; none for another token.</summary>
    public IReadOnlyList<string> TokenRoles { get; init; } = [];

    /// <summary>Uuid of the running job whose token it came with; "" for another token.</summary>
    public string Job { get; init; } = "";

    /// <summary>Name of that job's task; "" for another token.</summary>
    public string Task { get; init; } = "";

    /// <summary>True for a machine that registered itself and that nobody with the right has approved of.</summary>
    public bool IsUnapproved { get; init; }

    /// <summary>MAC address that the token of a registration was given to; "" where DHCP had leased nothing.</summary>
    public string Mac { get; init; } = "";

    /// <summary>IPv4 address that the token of a registration was given to; "" for none.</summary>
    public string Address { get; init; } = "";

    /// <summary>What its token is limited to: of its rights only those that one of these covers, too; empty for no limit.</summary>
    public IReadOnlyList<Claim> Limits { get; init; } = [];

    /// <summary>What its tenants let it see and change, whatever its rights are.</summary>
    public Reach Reach { get; init; } = Reach.All;

    /// <summary>True for a machine itself, by whichever of its tokens.</summary>
    public bool IsMachine(string uuid) => Kind == PrincipalKind.Machine && Name == uuid;

    /// <summary>The keys that its rights name in a scope; where every right is for all objects there are none.</summary>
    public IEnumerable<string> Named(string scope)
        => Claims.Concat(Limits).Where(c => c.IsFor(scope)).SelectMany(c => c.Specific.Split(',')).Where(s => s is not ("" or "*"))
            .Distinct(StringComparer.Ordinal);

    /// <summary>
    /// True when one of the claims covers the wanted right, the token's limits do, and its tenants let it reach the object: all objects
    /// (`*`) are within the reach of nobody whose tenant limits the kind.
    /// </summary>
    public bool May(string scope, string action, string specific) => HasRight(scope, action, specific) && Reaches(scope, specific);

    /// <summary>
    /// As <see cref="May"/>, whatever its tenants say: for who looks itself at what is within its <see cref="Reach"/>.
    /// </summary>
    public bool HasRight(string scope, string action, string specific)
        => Claims.Any(c => c.Covers(scope, action, specific)) && (Limits.Count == 0 || Limits.Any(c => c.Covers(scope, action, specific)));

    /// <summary>True when it has all that a right gives, and so may give it.</summary>
    public bool Has(Claim right)
        => Claim.Cover(Claims, right) && (Limits.Count == 0 || Claim.Cover(Limits, right)) && Reach.HasAllOf(right);

    /// <summary>True when its tenants let it reach an object, or all of a kind (`*`). Everybody reaches itself.</summary>
    public bool Reaches(string scope, string specific)
        => !Reach.Limits(scope) || (specific != "*" && Reach.Holds(scope, specific))
            || (Kind == PrincipalKind.User && scope == "users" && specific == Name);
}
