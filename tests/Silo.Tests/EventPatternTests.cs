using Anvil.Contracts.Events;
using Anvil.Objects.Events;

namespace Anvil.Silo.Tests;

/// <summary>Many patterns mean what each of them means, and cost no more.</summary>
public sealed class EventPatternTests
{
    private static readonly string[] Types = ["machines", "jobs", "*"];
    private static readonly string[] Actions = ["create", "update", "save", "delete", "boot", "*"];
    private static readonly string[] Keys = ["a", "b.c", "*"];

    [Fact]
    public void OneOfManyMeansWhatItMeansAlone()
    {
        var events = from type in Types from action in Actions from key in Keys where type != "*" && action != "*" && key != "*"
                     select new StoredEvent(new EventPlace(0, 1), DateTimeOffset.UnixEpoch, type, action, key, "");
        var others = Enumerable.Range(0, 1000).Select(i => new EventPattern("other", $"action{i}", "*")).ToList();
        foreach (var pattern in from type in Types from action in Actions from key in Keys select new EventPattern(type, action, key))
        {
            var patterns = others.Append(pattern).Aggregate(EventPatterns.None, (all, one) => all.With(one));
            foreach (var happened in events)
                Assert.True(pattern.Matches(happened) == patterns.Hear(happened), $"{pattern} {happened}");
            Assert.False(patterns.Without(pattern).Hear(events.First()));
            Assert.Equal(1001, patterns.Count);
        }
    }
}
