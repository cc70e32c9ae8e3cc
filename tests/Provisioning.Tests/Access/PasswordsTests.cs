using Anvil.Provisioning.Access;

namespace Anvil.Provisioning.Tests.Access;

/// <summary>Hashes of passwords.</summary>
public sealed class PasswordsTests
{
    /// <summary>Made by another implementation (Konscious.Security.Cryptography 1.3.1) with these costs.</summary>
    private const string Stored = "argon2id$RtCGgkCX5KOVz/9GaZxzxA==$rzy90xdgcWmQ+PcRAYm77fsKI7sLvgsoPuVqPKbdTso=";

    public static TheoryData<string> Malformed =>
    [
        "", "$", "$$", "$$$", "x", "argon2id", "argon2id$$", "argon2id$!!$!!", "argon2id$AAAA$AAAA", Stored + "$", Stored[..^1],
        Stored.Replace("argon2id", "argon2i", StringComparison.Ordinal), "argon2id$" + new string('A', 10_000) + "$" + new string('A', 44),
        "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA", "\0$\ud800$",
    ];

    [Fact]
    public void WhatWasStoredBeforeIsStillVerified()
    {
        Assert.True(Passwords.Verify("the-first-password", Stored));
        Assert.False(Passwords.Verify("the-first-passworD", Stored));
        Assert.True(Passwords.Verify("another", Passwords.Hash("another")));
    }

    [Theory]
    [MemberData(nameof(Malformed))]
    public void AMalformedHashIsNoHashAndNoPasswordIsRight(string hash)
    {
        Assert.False(Passwords.IsHash(hash));
        Assert.False(Passwords.Verify("p", hash));
    }

    /// <summary>The function works on the thread that asks: what it takes there is what it costs.</summary>
    [Fact]
    public void AUserThatThereIsNotCostsWhatAnotherDoes()
    {
        Assert.InRange(Cost(Stored), Passwords.MemoryKiB * 1024L, Passwords.MemoryKiB * 1024L * 2);
        foreach (var nobody in new[] { "", "argon2id$!!$!!" })
            Assert.InRange(Cost(nobody), Cost(Stored) * 99 / 100, Cost(Stored) * 101 / 100);
    }

    private static long Cost(string hash)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        Passwords.Verify("wrong", hash);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
