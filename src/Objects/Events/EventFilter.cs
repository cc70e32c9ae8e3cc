using System.Collections.Frozen;
using Anvil.Contracts.Events;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Lists;

namespace Anvil.Objects.Events;

/// <summary>
/// The events that one request is about: those that its query wants, and that who asks may hear of, as far as their keys say
/// (<see cref="EventReach"/> says the rest).
/// </summary>
/// <param name="query">What is wanted.</param>
/// <param name="principal">Who asks.</param>
/// <param name="time">What the time of regular expressions is measured by.</param>
public sealed class EventFilter(EventQuery query, Principal principal, TimeProvider time)
{
    private readonly PatternTime _patterns = new(EventQuery.Model, time);

    /// <summary>True for one of them.</summary>
    /// <exception cref="Provisioning.Documents.ApiException">406: regular expressions take too long.</exception>
    public bool Holds(StoredEvent happened)
        => (principal.MayHear(happened) || EventReach.MayFollow(principal, happened)) && Wants(happened);

    /// <summary>True for one that the query wants, whoever asks.</summary>
    /// <exception cref="Provisioning.Documents.ApiException">406: regular expressions take too long.</exception>
    public bool Wants(StoredEvent happened)
        => query.Holds(happened.Time, field => field switch
        {
            "Type" => happened.Type,
            "Action" => EventAction.Of(happened),
            "Key" => happened.Key,
            _ => happened.Principal,
        }, _patterns);

    /// <summary>What of it the database can tell: never less than the filter lets through.</summary>
    public EventSearch Search() => new()
    {
        Backwards = query.Reverse,
        Types = Both(query.Only("Type"), Reachable()),
        Keys = query.Only("Key"),
        Principals = query.Only("Principal"),
        Since = query.From,
        Until = query.To,
    };

    /// <summary>Types of which who asks may hear anything; null for all.</summary>
    private FrozenSet<string>? Reachable()
    {
        var scopes = principal.Claims.SelectMany(c => c.Scope.Split(',')).ToFrozenSet(StringComparer.Ordinal);
        // Events of preferences have another name than the right to them.
        return scopes.Contains("*") || scopes.Contains("preferences") ? null : scopes;
    }

    private static IReadOnlyCollection<string>? Both(IReadOnlyCollection<string>? one, IReadOnlyCollection<string>? other)
        => one is null ? other : other is null ? one : [.. one.Intersect(other, StringComparer.Ordinal)];
}
