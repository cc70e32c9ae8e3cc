using System.Collections.Frozen;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Lists;

namespace Anvil.Objects;

/// <summary>
/// The words that a verb's query may have, named once with the verb. A word that no verb knows is refused: who meant to limit what it
/// asks for, and wrote it wrongly, does not get it without the limit.
/// </summary>
public sealed class VerbWords
{
    /// <summary>The word by which a change is tried, and not made.</summary>
    public const string DryRun = "dry-run";

    /// <summary>Characters of a word that an error repeats.</summary>
    private const int Repeated = 64;

    /// <summary>
    /// Words of every verb: who asks, and what DRP's clients may send with whatever they ask: `force` where something is in the way, and
    /// that no other server is to be asked, which none ever is.
    /// </summary>
    private static readonly string[] Everywhere = ["token", "force", "noproxy"];

    private static readonly FrozenSet<string> Flags = FrozenSet.Create(StringComparer.Ordinal,
        "aggregate", "compose", "decode", DryRun, "dryRun", "explode", "force", "noproxy", "partial", "replaceWritable");

    private readonly FrozenSet<string>? _names;

    /// <summary>Words.</summary>
    public VerbWords(params string[] names) => _names = names.Concat(Everywhere).ToFrozenSet(StringComparer.Ordinal);

    private VerbWords(FrozenSet<string>? names) => _names = names;

    /// <summary>A verb without words of its own.</summary>
    public static VerbWords None { get; } = new();

    /// <summary>What is shown of one object.</summary>
    public static VerbWords One { get; } = new("slim", "params", "decode", "aggregate", "compose") { HasVersion = true };

    /// <summary>A change of one object, which is shown, and can be tried.</summary>
    public static VerbWords Write { get; } = new("slim", "params", "decode", DryRun) { HasVersion = true };

    /// <summary>A part of one object, or a change that shows nothing of it.</summary>
    public static VerbWords Change { get; } = new() { HasVersion = true };

    /// <summary>A change of a part of one object, which can be tried.</summary>
    public static VerbWords WritePart { get; } = new(DryRun) { HasVersion = true };

    /// <summary>A change of what has no version, which can be tried.</summary>
    public static VerbWords Set { get; } = new(DryRun);

    /// <summary>A content pack, read.</summary>
    public static VerbWords Pack { get; } = new("decode") { HasVersion = true };

    /// <summary>A content pack, stored or deleted.</summary>
    public static VerbWords PackChange { get; } = new("replaceWritable", DryRun) { HasVersion = true };

    /// <summary>The list language, which looks at every word itself (<see cref="ListParser"/>).</summary>
    public static VerbWords List { get; } = new((FrozenSet<string>?)null);

    /// <summary>
    /// What the verb is about has a version, and the verb looks at the conditions on it. Any other verb refuses If-Match: who asks for a
    /// change on a condition does not get it without.
    /// </summary>
    public bool HasVersion { get; internal init; }

    /// <summary>The words of the verb, but those that every verb has; none of the list language.</summary>
    public IEnumerable<string> Own => (_names ?? []).Except(Everywhere, StringComparer.Ordinal).Order(StringComparer.Ordinal);

    /// <summary>True for a word that is true or false.</summary>
    public static bool IsFlag(string name) => Flags.Contains(name);

    /// <summary>Refuses a query with a word that is not known, and a truth that is none.</summary>
    /// <exception cref="ApiException">400 with the word.</exception>
    public void Check(IReadOnlyDictionary<string, IReadOnlyList<string>> query, string place)
    {
        if (_names is null) return;
        foreach (var (name, values) in query)
        {
            if (!_names.Contains(name) && name == DryRun)
                throw Refused(place, $"{DryRun}: this changes nothing, or what it does cannot be tried");
            if (!_names.Contains(name))
                throw Refused(place, $"{Short(name)} is no word of this query; it may have {string.Join(", ",
                    _names.Order(StringComparer.Ordinal))}");
            if (Flags.Contains(name) && (values.Count != 1 || QueryFlag.Read(values[0]) is null))
                throw Refused(place, $"{name} is true or false (1 or 0), once");
        }
    }

    /// <summary>The refusal of a query.</summary>
    internal static ApiException Refused(string place, string why) => new(ApiError.BadRequest("", place, "QUERY", why));

    private static string Short(string name)
        => name.Length <= Repeated ? $"`{name}`" : $"`{CodePoints.First(name, Repeated)}…`";
}
