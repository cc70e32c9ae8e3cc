using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Lists;

namespace Anvil.Provisioning.Catalog;

/// <summary>
/// A field by which documents of one kind name documents of another. It is declared once, with its kind; what makes a document
/// unavailable, what is refused when it is written, what still uses a document and the order in which kinds are checked all follow from
/// it.
/// </summary>
/// <param name="field">The field.</param>
/// <param name="to">The kind that is named.</param>
/// <param name="keys">The keys that a document names there, in order; "" names nothing.</param>
public sealed class Reference(string field, string to, Func<Document, IEnumerable<string>> keys)
{
    /// <summary>The kind that is named.</summary>
    public string To { get; } = to;

    /// <summary>The field within the document.</summary>
    public string Field { get; } = field;

    /// <summary>What stands before the key in the field, where that says which kind is named.</summary>
    public string Before { get; init; } = "";

    /// <summary>Another field, and the value by which documents name anything here; null: all do.</summary>
    public (string Field, string Value)? Where { get; init; }

    /// <summary>What is named must be available too; else it is enough that it is there.</summary>
    public bool MustBeAvailable { get; init; }

    /// <summary>A key must be named: "" is one that is not there.</summary>
    public bool MustBeNamed { get; init; }

    /// <summary>Of what is named and is not available it is also said why.</summary>
    public bool TellsWhy { get; init; }

    /// <summary>How the kind that is named is called in texts, such as Task.</summary>
    public string Noun { get; init; } = "";

    /// <summary>How it is called in texts where it is there and cannot serve; absent: as <see cref="Noun"/> (DRP).</summary>
    public string? NounThere { get; init; }

    /// <summary>
    /// Where in the field a key stands, looked for from a place on; it is told of what is not there: `Task x (at 3) does not exist` (DRP).
    /// Absent: no place is told.
    /// </summary>
    public Func<Document, string, int, int>? PlaceOf { get; init; }

    /// <summary>What is said of a key that is not there, by its place in the field; absent: `Task x does not exist`.</summary>
    public Func<int, string, string>? Missing { get; init; }

    /// <summary>Why something that is there cannot serve here, after its noun and key, whoever names it; null: it can.</summary>
    public Func<Document, string?>? Refuses { get; init; }

    /// <summary>
    /// Why something that is available cannot serve the one who names it (the first), after its noun and key; null: it can.
    /// </summary>
    public Func<Document, Document, string?>? Fails { get; init; }

    /// <summary>
    /// What is said when something that is named is to be deleted, by who names it and its key; absent: `stages:s still uses x` (DRP).
    /// </summary>
    public Func<Document, string, string>? InUse { get; init; }

    /// <summary>The keys that a document names, "" left out.</summary>
    public IEnumerable<string> KeysOf(Document document) => keys(document).Where(k => k.Length > 0);

    /// <summary>What a document lacks: first what is not there, then what cannot serve.</summary>
    /// <param name="document">The document.</param>
    /// <param name="find">Finds what is named; null where it is not there.</param>
    public IReadOnlyList<string> Problems(Document document, Func<DocumentKey, Document?> find)
    {
        List<string>? absent = null, unusable = null;
        var (place, from) = (-1, 0);
        foreach (var key in keys(document))
        {
            place++;
            if (!IsNamed(key)) continue;
            if (find(new DocumentKey(To, key)) is not { } target) (absent ??= []).Add(Absent(At(document, place, key, ref from), key));
            else if (Unusable(document, key, target) is { } why) (unusable ??= []).Add(why);
        }

        return absent is null ? unusable ?? [] : unusable is null ? absent : [.. absent, .. unusable];
    }

    /// <summary>What somebody names by a change that cannot be meant: what is not there, or serves nobody here.</summary>
    /// <param name="old">The document before; what it named already is no mistake of the change.</param>
    /// <param name="wanted">The document as it becomes.</param>
    /// <param name="find">Finds what is named; null where it is not there.</param>
    public IReadOnlyList<string> Mistakes(Document old, Document wanted, Func<DocumentKey, Document?> find)
    {
        // Most changes name what was named.
        if (keys(wanted).SequenceEqual(keys(old), StringComparer.Ordinal)) return [];
        List<string>? mistakes = null;
        var known = keys(old).ToHashSet(StringComparer.Ordinal);
        var (place, from) = (-1, 0);
        foreach (var key in keys(wanted))
        {
            place++;
            if (!IsNamed(key) || known.Contains(key)) continue;
            if (find(new DocumentKey(To, key)) is not { } target) (mistakes ??= []).Add(Absent(At(wanted, place, key, ref from), key));
            else if (Refuses?.Invoke(target) is { } why) (mistakes ??= []).Add($"{NounThere ?? Noun} {key} {why}");
        }

        return mistakes ?? [];
    }

    /// <summary>What a document names anew and somebody does not reach, as if it were not there.</summary>
    /// <param name="old">The document before; null for a new one.</param>
    /// <param name="wanted">The document as it becomes.</param>
    /// <param name="isReached">True for a key that is reached.</param>
    public IEnumerable<string> Beyond(Document? old, Document wanted, Predicate<string> isReached)
    {
        var known = old is null ? [] : keys(old).ToHashSet(StringComparer.Ordinal);
        return keys(wanted).Select((key, place) => (key, place))
            .Where(k => k.key.Length > 0 && !known.Contains(k.key) && !isReached(k.key))
            .Select(k => Absent(k.place, k.key));
    }

    /// <summary>The list of documents that name a key, where they are rows of a table.</summary>
    /// <param name="fields">The fields of the kind that has the reference.</param>
    /// <param name="key">The key.</param>
    public ListQuery UsersOf(FieldTable fields, string key)
    {
        var query = ListQuery.Where(fields, Field, Before + key);
        return Where is not { } only ? query
            : query with { Conditions = [.. query.Conditions, .. ListQuery.Where(fields, only.Field, only.Value).Conditions] };
    }

    /// <summary>The list of documents that name one of some keys, where they are rows of a table.</summary>
    /// <param name="fields">The fields of the kind that has the reference.</param>
    /// <param name="some">The keys, one at least.</param>
    public ListQuery UsersOf(FieldTable fields, IReadOnlyList<string> some)
    {
        var first = UsersOf(fields, some[0]);
        var any = new ListTest(ListFunction.In, [.. some.SelectMany(k => UsersOf(fields, k).Conditions[0].Any[0].Arguments)]);
        return first with { Conditions = [new ListCondition(first.Conditions[0].Field, [any]), .. first.Conditions.Skip(1)] };
    }

    /// <summary>What is said when something that a document names is to be deleted.</summary>
    public string UseOf(Document user, string key) => InUse?.Invoke(user, key) ?? $"{user.Prefix}:{user.Key} still uses {key}";

    private bool IsNamed(string key) => MustBeNamed || key.Length > 0;

    private string? Unusable(Document document, string key, Document target)
        => Refuses?.Invoke(target) is { } why ? $"{NounThere ?? Noun} {key} {why}"
            : MustBeAvailable && !target.Available
                ? $"{NounThere ?? Noun} {key} is not available" + (TellsWhy ? $": {Reasons.Joined(target.Errors)}" : "")
            : Fails?.Invoke(document, target) is { } fault ? $"{NounThere ?? Noun} {key} {fault}" : null;

    private string Absent(int place, string key)
        => Missing?.Invoke(place, key) ?? $"{Noun} {key}{(PlaceOf is null ? "" : $" (at {place})")} does not exist";

    /// <summary>Where in the field a key stands. Keys come in the order of their places: none is looked for from the start.</summary>
    private int At(Document document, int place, string key, ref int from)
        => PlaceOf is null ? place : from = PlaceOf(document, key, from);
}
