using Anvil.Provisioning.Access;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Lists;
using Anvil.Provisioning.Machines;

namespace Anvil.Objects.Trials;

/// <summary>What a change that was tried would do, as who tries it may know: the member `WouldChange` of the answer.</summary>
/// <param name="Objects">The objects that would become others; none: nothing would.</param>
/// <param name="MoreObjects">Further ones: too many to be told, or such as the requester may not know of.</param>
/// <param name="Machines">Who has what becomes another thing, by the field in which it does; none for who may list no machines.</param>
/// <param name="IsShortened">More is reached than was looked at: there may be further machines.</param>
public sealed record WouldChange(IReadOnlyList<Consequence> Objects, int MoreObjects, IReadOnlyList<ConcernedMachines> Machines,
    bool IsShortened)
{
    /// <summary>Its name in an answer.</summary>
    public const string Member = nameof(WouldChange);

    /// <summary>Objects that are told.</summary>
    public const int MostObjects = 100;

    /// <summary>Machines that are named of one field.</summary>
    public const int MostMachines = 20;

    /// <summary>Names that machines are asked for in one field.</summary>
    public const int MostKeys = 200;

    /// <summary>What somebody is told of it.</summary>
    /// <param name="would">What would become of what.</param>
    /// <param name="own">The object that the change is about, which is told to who may `get` it; null for none.</param>
    /// <param name="machines">Machines; null where there are none to be looked at.</param>
    /// <param name="principal">Who tries it.</param>
    /// <param name="cancellation">Ends it.</param>
    internal static async Task<WouldChange> OfAsync(Consequences would, DocumentKey? own, IObjectKind? machines, Principal principal,
        CancellationToken cancellation)
    {
        // Who may write and not read would find out by guesses what is there: what changes nothing has no consequences.
        if (own is { } written && !principal.HasRight(written.Prefix, "get", written.Key)) return new WouldChange([], 0, [], true);
        bool IsTold(Consequence one) => one.Object == own
            || ((principal.HasRight(one.Kind, "list", "*") || principal.HasRight(one.Kind, "get", one.Key))
                && principal.Reaches(one.Kind, one.Key));
        var told = would.Objects.Where(IsTold).Take(MostObjects).ToList();
        var (concerned, isShortened) = await MachinesAsync(would.Reached, machines, principal, cancellation);
        return new WouldChange(told, would.MoreObjects + would.Objects.Count - told.Count, concerned, would.IsShortened || isShortened);
    }

    /// <summary>An answer with it.</summary>
    internal ObjectAnswer In(ObjectAnswer answer) => answer.Json is not { } json || !json.EndsWith('}') ? answer
        : answer with
        {
            Json = string.Concat(json.AsSpan(0, json.Length - 1), json.Length > 2 ? "," : "", $"\"{Member}\":{Json.Write(this)}}}"),
        };

    private static async Task<(IReadOnlyList<ConcernedMachines> Machines, bool IsShortened)> MachinesAsync(
        IReadOnlyList<DocumentKey> reached, IObjectKind? machines, Principal principal, CancellationToken cancellation)
    {
        var isShortened = false;
        if (machines is null || reached.Count == 0 || !principal.HasRight("machines", "list", "*")) return ([], isShortened);
        var scope = principal.Reach.Limits("machines") ? machines.Within(principal.Reach) : null;
        var concerned = new List<ConcernedMachines>();
        foreach (var reference in MachineReferences.All)
        {
            var keys = reached.Where(k => k.Prefix == reference.To).Select(k => k.Key).ToList();
            if (keys.Count == 0) continue;
            isShortened |= keys.Count > MostKeys;
            var query = reference.UsersOf(machines.Fields, [.. keys.Take(MostKeys)]) with { Limit = MostMachines, Among = scope };
            ListPage<Document> page;
            try
            {
                page = await machines.ListAsync(query, cancellation);
            }
            catch (ApiException e) when (e.Error.Code == 406)
            {
                // They are too large to be read together: they are counted, and not named.
                page = await machines.ListAsync(query with { Limit = 0 }, cancellation);
                isShortened = true;
            }

            if (page.Filtered > 0)
                concerned.Add(new ConcernedMachines(reference.Field, reference.To, page.Filtered,
                    [.. page.Rows.OfType<Machine>().Select(m => m.Name).Order(StringComparer.Ordinal)]));
        }

        return (concerned, isShortened);
    }
}

/// <summary>Machines that have something in a field.</summary>
/// <param name="Field">The field.</param>
/// <param name="Kind">The kind of what they have there.</param>
/// <param name="Count">How many they are.</param>
/// <param name="Names">Names of some of them.</param>
public sealed record ConcernedMachines(string Field, string Kind, long Count, IReadOnlyList<string> Names);
