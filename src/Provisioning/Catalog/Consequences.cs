using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Catalog;

/// <summary>What a change of the catalog comes to, beside the document that it is about: what becomes another one, and what may.</summary>
/// <param name="Objects">Objects that become others, by kind and key; the document itself is among them.</param>
/// <param name="Reached">
/// Documents that machines may name and that become others, or name one that does, by whatever way: who has one of these is concerned.
/// </param>
public sealed record Consequences(IReadOnlyList<Consequence> Objects, IReadOnlyList<DocumentKey> Reached)
{
    /// <summary>Most objects that are told.</summary>
    public const int MostObjects = 1000;

    /// <summary>Most documents that are looked at for those which machines name.</summary>
    public const int MostReached = 2000;

    /// <summary>Nothing.</summary>
    public static Consequences None { get; } = new([], []);

    /// <summary>Objects that become others and are not told.</summary>
    public int MoreObjects { get; init; }

    /// <summary>More is reached than was looked at.</summary>
    public bool IsShortened { get; init; }

    /// <summary>What lies between two snapshots of which one was made from the other.</summary>
    /// <param name="before">The catalog before.</param>
    /// <param name="after">The catalog after.</param>
    public static Consequences Between(CatalogSnapshot before, CatalogSnapshot after)
    {
        // A pack is many objects: they are told, and it is itself no object that others name.
        var changed = CatalogRules.Stored.Values.Where(k => !k.IsRows && k.Prefix is not ("prefs" or StoredPack.Kind))
            .Select(k => k.Prefix)
            .SelectMany(kind => Between(kind, before.OfKind(kind), after.OfKind(kind))).OrderBy(c => c.Object).ToList();
        var reached = Reaching([.. changed.Select(c => c.Object)], after, out var isShortened);
        return new Consequences([.. changed.Take(MostObjects)], reached)
        {
            MoreObjects = Math.Max(changed.Count - MostObjects, 0),
            IsShortened = isShortened,
        };
    }

    /// <summary>Documents of one kind: what is the same in both snapshots is the same object.</summary>
    private static IEnumerable<Consequence> Between(string kind, IReadOnlyDictionary<string, Document> before,
        IReadOnlyDictionary<string, Document> after)
    {
        if (ReferenceEquals(before, after)) yield break;
        foreach (var (key, now) in after)
        {
            if (!before.TryGetValue(key, out var old)) yield return Consequence.Of(kind, key, Consequence.Create, now);
            // A value that is compared deeply would take as long as the whole catalog: what was written is another object.
            else if (!ReferenceEquals(old, now))
                yield return Consequence.Of(kind, key, IsOtherwise(old, now) ? Consequence.Update : Consequence.Check, now);
        }

        foreach (var key in before.Keys)
        {
            if (!after.ContainsKey(key)) yield return new Consequence(kind, key, Consequence.Delete, false, false, []);
        }
    }

    /// <summary>True where more has changed than what the rules say of it.</summary>
    private static bool IsOtherwise(Document old, Document now)
        => old with { Available = now.Available, Validated = now.Validated, Errors = now.Errors } != now;

    private static List<DocumentKey> Reaching(IReadOnlyList<DocumentKey> changed, CatalogSnapshot catalog, out bool isShortened)
    {
        var seen = changed.Take(MostReached).ToHashSet();
        var rest = new Queue<DocumentKey>(seen);
        isShortened = changed.Count > MostReached;
        while (rest.TryDequeue(out var key))
        {
            foreach (var user in catalog.NamedBy(key.Prefix, key.Key))
            {
                if (seen.Count >= MostReached)
                {
                    isShortened = true;
                    break;
                }

                var next = new DocumentKey(user.Prefix, user.Key);
                if (seen.Add(next)) rest.Enqueue(next);
            }
        }

        return [.. seen.Order()];
    }
}
