using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Catalog;

/// <summary>
/// A field by which documents of one kind name documents of another. It is declared once, with its kind; what makes a document
/// unavailable, what still
/// uses a document, the order in which kinds are checked and the links between objects all follow from it.
/// </summary>
/// <param name="pointer">JSON pointer of the field; `*` stands for each item of a list.</param>
/// <param name="to">The kind that is named.</param>
/// <param name="keys">The keys that a document names there, in order; "" names nothing.</param>
public sealed class Reference(string pointer, string to, Func<Document, IEnumerable<string>> keys)
{
    /// <summary>JSON pointer of the field; `*` stands for each item of a list.</summary>
    public string Pointer { get; } = pointer;

    /// <summary>The kind that is named.</summary>
    public string To { get; } = to;

    /// <summary>The field within the document.</summary>
    public string Field { get; } = pointer.Split('/')[1];

    /// <summary>The field is a list.</summary>
    public bool IsList { get; } = pointer.EndsWith("/*", StringComparison.Ordinal);

    /// <summary>What is named must be available too; else it is enough that it is there.</summary>
    public bool MustBeAvailable { get; init; }

    /// <summary>How the kind that is named is called in texts, such as Task.</summary>
    public string Noun { get; init; } = "";

    /// <summary>What is said of a key that is not there, by its place in the field; absent: `Task x does not exist`.</summary>
    public Func<int, string, string>? Missing { get; init; }

    /// <summary>Why something that is there cannot serve here, after its noun and key; null: it can.</summary>
    public Func<Document, string?>? Refuses { get; init; }

    /// <summary>
    /// What is said when something that is named is to be deleted, by who names it and its key; absent: `stages:s still uses x` (DRP).
    /// </summary>
    public Func<Document, string, string>? InUse { get; init; }

    /// <summary>The keys that a document names, "" left out.</summary>
    public IEnumerable<string> KeysOf(Document document) => keys(document).Where(k => k.Length > 0);

    /// <summary>What a document lacks: first what is not there, then what cannot serve.</summary>
    /// <param name="document">The document.</param>
    /// <param name="find">Finds what is named; null where it is not there.</param>
    public IEnumerable<string> Problems(Document document, Func<DocumentKey, Document?> find)
    {
        var unusable = new List<string>();
        var place = -1;
        foreach (var key in keys(document))
        {
            place++;
            if (key.Length == 0) continue;
            var target = find(new DocumentKey(To, key));
            if (target is null) yield return Missing?.Invoke(place, key) ?? $"{Noun} {key} does not exist";
            else if (Refuses?.Invoke(target) is { } why) unusable.Add($"{Noun} {key} {why}");
            else if (MustBeAvailable && !target.Available) unusable.Add($"{Noun} {key} is not available");
        }

        foreach (var problem in unusable) yield return problem;
    }

    /// <summary>What is said when something that a document names is to be deleted.</summary>
    public string UseOf(Document user, string key) => InUse?.Invoke(user, key) ?? $"{user.Prefix}:{user.Key} still uses {key}";
}
