namespace Anvil.Objects;

/// <summary>The entity tags of a condition (RFC 9110 section 8.8.3): a list, `*` for any version, or none at all.</summary>
public sealed class EntityTags
{
    /// <summary>Most tags of one condition.</summary>
    public const int Most = 64;

    private readonly IReadOnlyList<(string Tag, bool Weak)> _tags;
    private readonly bool _any;

    private EntityTags(IReadOnlyList<(string Tag, bool Weak)> tags, bool any, bool given) => (_tags, _any, IsGiven) = (tags, any, given);

    /// <summary>No condition.</summary>
    public static EntityTags None { get; } = new([], false, false);

    /// <summary>There is a condition.</summary>
    public bool IsGiven { get; }

    /// <summary>The condition is `*`.</summary>
    public bool IsAny => _any;

    /// <summary>The one tag of the condition; null when it has none, several, or is `*`.</summary>
    public string? Single => _tags.Count == 1 ? _tags[0].Tag : null;

    /// <summary>
    /// Reads a header's value: `*`, or tags with commas between, each in quotation marks or (as some clients write them) without, W/
    /// before weak
    /// ones. What is no tag matches nothing, so that a condition that is not understood is never fulfilled.
    /// </summary>
    public static EntityTags Parse(string? header)
    {
        if (string.IsNullOrWhiteSpace(header)) return None;
        if (header.Trim() == "*") return new EntityTags([], true, true);
        var tags = new List<(string, bool)>();
        foreach (var part in header.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Take(Most))
        {
            var weak = part.StartsWith("W/", StringComparison.Ordinal);
            var tag = weak ? part[2..] : part;
            tags.Add((tag.Length >= 2 && tag[0] == '"' && tag[^1] == '"' ? tag[1..^1] : tag, weak));
        }

        return new EntityTags(tags, false, true);
    }

    /// <summary>Strong comparison, for changes: weak tags never match.</summary>
    public bool Allows(string tag) => !IsGiven || _any || _tags.Any(t => !t.Weak && t.Tag == tag);

    /// <summary>Weak comparison, for reads.</summary>
    public bool Has(string tag) => _any || _tags.Any(t => t.Tag == tag);
}
