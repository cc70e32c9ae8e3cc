using Anvil.Contracts.Events;
using Anvil.Objects.Events;
using Anvil.Provisioning.Lists;

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
        var events = Types.SkipLast(1).SelectMany(type => Actions.SkipLast(1).SelectMany(action => Keys.SkipLast(1)
            .Select(key => new StoredEvent(new EventPlace(0, 1), DateTimeOffset.UnixEpoch, type, action, key, "")))).ToList();
        var all = Types.SelectMany(type => Actions.SelectMany(action => Keys.Select(key => new EventPattern(type, action, key)))).ToList();
        var others = Enumerable.Range(0, 1000).Select(i => new EventPattern("other", $"action{i}", "*")).ToList();
        foreach (var pattern in all)
        {
            var patterns = others.Append(pattern).Aggregate(EventPatterns.None, (some, one) => some.With(one));
            foreach (var happened in events)
                Assert.True(pattern.Matches(happened) == patterns.Hear(happened), $"{pattern} {happened}");
            Assert.False(patterns.Without(pattern).Hear(events[0]));
            Assert.Equal(1001, patterns.Count);
        }
    }
}
