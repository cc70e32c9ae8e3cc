using System.Collections.Immutable;
using Anvil.Contracts.Events;
using Anvil.Provisioning.Lists;

namespace Anvil.Objects.Events;

/// <summary>
/// The patterns of a listener. However many there are, an event is looked up by the few forms that patterns of it have: who registers
/// many costs those who listen, and the gateway, nothing.
/// </summary>
public sealed class EventPatterns
{
    private const string All = "*";
    private readonly ImmutableHashSet<EventPattern> _patterns;

    private EventPatterns(ImmutableHashSet<EventPattern> patterns) => _patterns = patterns;

    /// <summary>None.</summary>
    public static EventPatterns None { get; } = new([]);

    /// <summary>How many there are.</summary>
    public int Count => _patterns.Count;

    /// <summary>True when one is there.</summary>
    public bool Has(EventPattern pattern) => _patterns.Contains(pattern);

    /// <summary>These and one more.</summary>
    public EventPatterns With(EventPattern pattern) => new(_patterns.Add(pattern));

    /// <summary>These without one.</summary>
    public EventPatterns Without(EventPattern pattern) => new(_patterns.Remove(pattern));

    /// <summary>True when an event is one that any of them means, as <see cref="EventMatch.Matches"/> has it.</summary>
    public bool Hear(StoredEvent happened)
    {
        if (_patterns.Count == 0) return false;
        foreach (var action in Actions(happened))
        {
            foreach (var type in new[] { happened.Type, All })
            {
                if (Has(new EventPattern(type, action, happened.Key)) || Has(new EventPattern(type, action, All))) return true;
            }
        }

        return false;
    }

    private static IEnumerable<string> Actions(StoredEvent happened)
        => EventAction.IsSave(happened) ? [EventAction.Of(happened), All, "save"] : [EventAction.Of(happened), All];
}
