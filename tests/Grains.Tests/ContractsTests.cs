using System.Reflection;

namespace Anvil.Grains.Tests;

/// <summary>
/// Silos of this version and of the one before live in one cluster, and the next version reads what this one stores. So what they tell
/// each other and store keeps its shape: contracts.txt holds it. A line may be added; one that is there may go only when the version
/// before does not know it.
/// </summary>
public sealed class ContractsTests
{
    private static readonly string File = Path.Combine(AppContext.BaseDirectory, "contracts.txt");

    [Fact]
    public void EveryTypeAndCallHasAnAlias()
    {
        var types = Contracts.Interfaces().Concat(Contracts.Messages()).ToList();
        var bare = types.Where(t => Contracts.Alias(t) is null).Select(t => t.FullName)
            .Concat(Contracts.Interfaces().SelectMany(t => t.GetMethods()).Where(m => Contracts.Alias(m) is null)
                .Select(m => $"{m.DeclaringType!.FullName}.{m.Name}"));
        Assert.Empty(bare);
        var twice = types.GroupBy(Contracts.Alias).Where(g => g.Count() > 1).Select(g => g.Key);
        Assert.Empty(twice);
    }

    [Fact]
    public void EveryMemberOfAMessageHasAnIdOfItsOwn()
    {
        foreach (var message in Contracts.Messages().Where(m => !m.IsEnum))
        {
            var members = Contracts.Members(message).ToList();
            Assert.DoesNotContain(members, m => m.Id is null);
            Assert.Equal(members.Count, members.DistinctBy(m => m.Id).Count());
            Assert.True(message.GetCustomAttribute<ImmutableAttribute>() is not null,
                $"{message.FullName} is not marked immutable: it would be copied with each call");
        }
    }

    [Fact]
    public void WhatTravelsAndIsStoredKeepsItsShape()
    {
        var now = Contracts.Text();
        var then = System.IO.File.ReadAllText(File).ReplaceLineEndings("\n");
        if (now == then) return;
        var (before, after) = (then.Split('\n').ToHashSet(StringComparer.Ordinal), now.Split('\n').ToHashSet(StringComparer.Ordinal));
        var gone = string.Join('\n', before.Except(after));
        var added = string.Join('\n', after.Except(before));
        Assert.Fail(gone.Length > 0
            ? $"These shapes are gone or have changed; silos of the version before rely on them. Give what is new a new id or name, and "
                + $"leave these:\n{gone}\n\nInstead there is:\n{added}\n\nThe whole text now:\n{now}"
            : $"These shapes are new. If they are meant, tests/Grains.Tests/contracts.txt is to be:\n{now}\n\nNew in it:\n{added}");
    }
}
