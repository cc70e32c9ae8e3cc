using System.Text.Json.Serialization;

namespace Anvil.Provisioning.Access;

/// <summary>
/// A right: scope, action and key, each `*` or a comma list; for update a pointer may follow the action (`update:/Runnable`), which ends
/// with `*` where it stands for all pointers that begin so (`update:/Params/hardware~1*`).
/// </summary>
public sealed record Claim(string Scope, string Action, string Specific)
{
    /// <summary>Kinds of objects.</summary>
    public string Scope { get; init => field = Trimmed(value); } = Trimmed(Scope);

    /// <summary>What may be done.</summary>
    public string Action { get; init => field = Trimmed(value); } = Trimmed(Action);

    /// <summary>Keys of objects.</summary>
    public string Specific { get; init => field = Trimmed(value); } = Trimmed(Specific);

#pragma warning disable CA1044 // They are read from JSON alone: nothing is written twice.
    /// <summary>Scope as DRP writes it.</summary>
    [JsonPropertyName("scope")]
    public string ScopeOfDrp { init => Scope = value; }

    /// <summary>Action as DRP writes it.</summary>
    [JsonPropertyName("action")]
    public string ActionOfDrp { init => Action = value; }

    /// <summary>Specific as DRP writes it.</summary>
    [JsonPropertyName("specific")]
    public string SpecificOfDrp { init => Specific = value; }
#pragma warning restore CA1044

    /// <summary>
    /// Most things that a right names and that are looked at one by one, and that the rights of a role or task name together.
    /// </summary>
    public const int MostParts = 4096;

    /// <summary>
    /// How many single things it names, each kind with each action on each key; one more than <see cref="MostParts"/> for all that are
    /// more.
    /// </summary>
    [JsonIgnore]
    public int Parts => (int)Math.Min(Math.Min((long)CountOf(Scope) * CountOf(Action), MostParts + 1) * CountOf(Specific), MostParts + 1);

    /// <summary>The right to everything.</summary>
    public static Claim All { get; } = new("*", "*", "*");

    /// <summary>The right to nothing: what a limit says of which nothing is left.</summary>
    public static Claim Nothing { get; } = new("", "", "");

    /// <summary>
    /// True when the right covers a wanted one. What is not known is never covered by accident: only by `*` or by its own name.
    /// </summary>
    public bool Covers(string scope, string action, string specific)
        => Holds(Scope, scope) && HoldsAction(action) && Holds(Specific, specific);

    /// <summary>True when it is a right to something in a scope.</summary>
    public bool IsFor(string scope) => Holds(Scope, scope);

    /// <summary>True when whatever another right gives, this one gives, too.</summary>
    public bool CoversAll(Claim other)
        => (Scope == "*" || other.Scope.Split(',').All(s => s != "*" && Holds(Scope, s)))
            && (Action == "*" || other.Action.Split(',').All(a => a != "*" && a.Length > 0 && HoldsAction(a)))
            && (Specific == "*" || other.Specific.Split(',').All(s => s != "*" && Holds(Specific, s)));

    /// <summary>
    /// True when whatever a right gives, some rights together give. One that names more than <see cref="MostParts"/> things has to be
    /// given by one of them alone.
    /// </summary>
    public static bool Cover(IReadOnlyList<Claim> all, Claim wanted)
    {
        if (all.Any(c => c.CoversAll(wanted))) return true;
        if (wanted.Parts > MostParts) return false;
        var (scopes, actions, specifics) = (wanted.Scope.Split(','), wanted.Action.Split(','), wanted.Specific.Split(','));
        return scopes.All(s => actions.All(a => specifics.All(k => all.Any(c => c.CoversAll(new Claim(s, a, k))))));
    }

    private static int CountOf(string list) => list.AsSpan().Count(',') + 1;

    /// <summary>Lists are written with blanks after their commas, too.</summary>
    private static string Trimmed(string? list)
        => list is null ? ""
            : list.Contains(' ', StringComparison.Ordinal) ? string.Join(',', list.Split(',', StringSplitOptions.TrimEntries))
            : list;

    private bool HoldsAction(string wanted)
    {
        if (Action == "*") return true;
        foreach (var own in Action.Split(','))
        {
            if (own == wanted) return true;
            if (own.EndsWith('*') && own.Contains(':', StringComparison.Ordinal))
            {
                if (wanted.StartsWith(own[..^1], StringComparison.Ordinal)) return true;
                continue;
            }

            if (wanted.StartsWith(own, StringComparison.Ordinal)
                && wanted[own.Length] == (own.Contains(':', StringComparison.Ordinal) ? '/' : ':')) return true;
        }

        return false;
    }

    private static bool Holds(string own, string wanted)
        => own == "*" || (wanted.Length > 0 && own.Split(',').Contains(wanted, StringComparer.Ordinal));
}
