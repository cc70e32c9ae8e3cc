using Anvil.Provisioning.Access;

namespace Anvil.Provisioning.Tests.Access;

/// <summary>Whose password is looked at, when.</summary>
public sealed class SignInTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void TheWaitOfAUserWithASourceGrowsAndIsBounded()
    {
        var book = new SignInBook();
        var now = Start;
        var waits = new List<double>();
        for (var i = 0; i < 12; i++)
        {
            book.Wrong("ann", "s", now);
            waits.Add(book.Admit("ann", "s", false, now).Wait.TotalSeconds);
            now += book.Admit("ann", "s", false, now).Wait;
        }

        Assert.Equal([0, 0, 0, 1, 2, 4, 8, 16, 30, 30, 30, 30], waits);
        // A quarter of an hour later it begins anew, and a right one ends it at once.
        Assert.Equal((SignInRank.Fresh, TimeSpan.Zero), book.Admit("ann", "s", false, now + SignInBook.Memory));
        book.Right("ann", "s", now);
        Assert.Equal(TimeSpan.Zero, book.Admit("ann", "s", false, now).Wait);
    }

    [Fact]
    public void StrangersLockNobodyOut()
    {
        var book = new SignInBook();
        book.Right("ann", "shared", Start);
        for (var i = 0; i < 5000; i++)
        {
            book.Wrong("ann", $"stranger{i % 50}", Start);
            book.Wrong($"name{i}", "shared", Start);
        }

        // From elsewhere, and from a place behind which somebody tries other names.
        Assert.Equal((SignInRank.Fresh, TimeSpan.Zero), book.Admit("ann", "home", false, Start));
        Assert.Equal(TimeSpan.Zero, book.Admit("ann", "shared", false, Start).Wait);
        Assert.True(book.Admit("bob", "shared", false, Start).Wait > TimeSpan.Zero);
        // And where they try her name from her own place, the password that was right of late is looked at all the same.
        for (var i = 0; i < 20; i++) book.Wrong("ann", "shared", Start);
        Assert.True(book.Admit("ann", "shared", false, Start).Wait > TimeSpan.Zero);
        Assert.Equal((SignInRank.Known, TimeSpan.Zero), book.Admit("ann", "shared", true, Start));
    }

    [Fact]
    public void AClockThatIsSetBackMakesNobodyWaitForLong()
    {
        var book = new SignInBook();
        for (var i = 0; i < 30; i++) book.Wrong("ann", "s", Start);
        Assert.Equal(TimeSpan.Zero, book.Admit("ann", "s", false, Start - TimeSpan.FromDays(1)).Wait);
        Assert.InRange(book.Admit("ann", "s", false, Start - TimeSpan.FromMinutes(1)).Wait, TimeSpan.Zero, SignInBook.LongestOfPair);
    }

    [Fact]
    public void WhatIsRememberedIsBounded()
    {
        var book = new SignInBook();
        for (var i = 0; i < 50_000; i++) book.Wrong($"u{i}", $"s{i}", Start + TimeSpan.FromMilliseconds(i));
        // The newest are remembered.
        for (var i = 0; i < 30; i++) book.Wrong("u49999", "s49999", Start + TimeSpan.FromSeconds(50));
        Assert.True(book.Admit("u49999", "s49999", false, Start + TimeSpan.FromSeconds(50)).Wait > TimeSpan.Zero);
    }

    [Fact]
    public void TheLineIsBoundedBySourceByUserAndInAll()
    {
        var line = new SignInLine<string>();
        for (var i = 0; i < 100; i++)
            Assert.Equal(i < SignInLine<string>.MostOfSource, line.TryJoin($"u{i}", "one", SignInRank.Erring, $"one{i}", out _));
        for (var i = 0; i < 100; i++)
            Assert.Equal(i < SignInLine<string>.MostOfUser, line.TryJoin("ann", $"s{i}", SignInRank.Erring, $"ann{i}", out _));
        for (var i = 0; i < 1000; i++) line.TryJoin($"v{i}", $"t{i}", SignInRank.Erring, $"v{i}", out _);
        Assert.Equal(SignInLine<string>.Most, line.Count);
        // Who did not err takes the place of one who did, and goes first; who is known before that.
        Assert.True(line.TryJoin("ann", "home", SignInRank.Fresh, "fresh", out var displaced));
        Assert.NotEmpty(displaced);
        Assert.True(line.TryJoin("bob", "one", SignInRank.Known, "known", out displaced));
        Assert.Single(displaced);
        Assert.InRange(line.Count, 1, SignInLine<string>.Most);
        Assert.Equal("known", line.Next());
        Assert.Equal("fresh", line.Next());
        var rest = 0;
        while (line.Next() is not null) rest++;
        Assert.InRange(rest, 1, SignInLine<string>.Most);
    }

    [Fact]
    public void SourcesTakeTurns()
    {
        var line = new SignInLine<string>();
        for (var i = 0; i < 8; i++) line.TryJoin($"u{i}", "loud", SignInRank.Fresh, $"loud{i}", out _);
        line.TryJoin("ann", "quiet", SignInRank.Fresh, "quiet", out _);
        Assert.Equal("loud0", line.Next());
        Assert.Equal("quiet", line.Next());
        Assert.Equal("loud1", line.Next());
    }

    /// <summary>Whoever is known comes again as soon as it was served.</summary>
    [Fact]
    public void WhoIsKnownKeepsNobodyWaitingForEver()
    {
        var line = new SignInLine<string>();
        Assert.True(line.TryJoin("fresh", "one", SignInRank.Fresh, "fresh", out _));
        Assert.True(line.TryJoin("erring", "two", SignInRank.Erring, "erring", out _));
        var served = new List<string>();
        for (var turn = 0; turn < 30; turn++)
        {
            while (line.TryJoin("known", "three", SignInRank.Known, "known", out _))
            {
            }

            served.Add(line.Next()!);
        }

        Assert.InRange(served.IndexOf("fresh"), 1, 3);
        Assert.InRange(served.IndexOf("erring"), 1, 9);
        Assert.Equal("known", served[0]);
    }
}
