using Anvil.Objects.Access;
using Anvil.Provisioning.Access;
using Microsoft.Extensions.Time.Testing;

namespace Anvil.Silo.Tests;

/// <summary>What is remembered of tokens: never more than a token itself would say now.</summary>
public sealed class ReadTokensTests
{
    private const string Secret = "a base token secret";
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly Tokens _tokens;
    private readonly ReadTokens _read;

    public ReadTokensTests() => (_tokens, _read) = (new Tokens(_time), new ReadTokens(_time));

    [Fact]
    public async Task ATokenIsReadOnceWhileItIsInTime()
    {
        var token = Issue(PrincipalKind.User);
        var first = await _read.ReadAsync(token, Secret);
        Assert.Equal("somebody", first!.Subject);
        Assert.Same(first, await _read.ReadAsync(token, Secret));
        _time.Advance(TimeSpan.FromMinutes(60) - TimeSpan.FromSeconds(1));
        Assert.Same(first, await _read.ReadAsync(token, Secret));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(await _read.ReadAsync(token, Secret));
    }

    [Fact]
    public async Task AnotherSecretAndAnotherTextAreNotTheTokenThatWasRead()
    {
        var token = Issue(PrincipalKind.Machine);
        Assert.NotNull(await _read.ReadAsync(token, Secret));
        Assert.Null(await _read.ReadAsync(token, Secret + "!"));
        // Of the signature, too: not its last character, whose last bits say nothing.
        foreach (var at in new[] { 0, token.IndexOf('.', StringComparison.Ordinal) + 2, token.Length - 5 })
        {
            var forged = token[..at] + (token[at] == 'A' ? 'B' : 'A') + token[(at + 1)..];
            Assert.Null(await _read.ReadAsync(forged, Secret));
            Assert.Null(await _read.ReadAsync(forged, Secret));
        }

        Assert.NotNull(await _read.ReadAsync(token, Secret));
        Assert.Equal(1, _read.Count);
    }

    [Fact]
    public async Task APersonsTokenOfAClockThatWasAheadIsRefusedOnceTheClockIsRight()
    {
        var (person, machine) = (Issue(PrincipalKind.User), Issue(PrincipalKind.Machine));
        Assert.NotNull(await _read.ReadAsync(person, Secret));
        Assert.NotNull(await _read.ReadAsync(machine, Secret));
        _time.AdjustTime(_time.GetUtcNow() - TimeSpan.FromMinutes(6));
        Assert.Null(await _read.ReadAsync(person, Secret));
        Assert.NotNull(await _read.ReadAsync(machine, Secret));
    }

    [Fact]
    public async Task SoManyAreKeptAndNoLongOnes()
    {
        var used = Issue(PrincipalKind.User);
        Assert.NotNull(await _read.ReadAsync(used, Secret));
        for (var i = 0; i < ReadTokens.Most; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(1));
            Assert.NotNull(await _read.ReadAsync(Issue(PrincipalKind.Machine), Secret));
            Assert.InRange(_read.Count, 1, ReadTokens.Most);
            if (i == ReadTokens.Most - 2) Assert.Same(await _read.ReadAsync(used, Secret), await _read.ReadAsync(used, Secret));
        }

        Assert.Equal((ReadTokens.Most / 2) + 1, _read.Count);
        // That which was used last is still there.
        Assert.Same(await _read.ReadAsync(used, Secret), await _read.ReadAsync(used, Secret));
        Assert.Equal((ReadTokens.Most / 2) + 1, _read.Count);
        var extras = new TokenExtras { Profile = new string('p', ReadTokens.Longest) };
        var large = _tokens.Issue("somebody", PrincipalKind.Machine, TimeSpan.FromHours(1), extras, Secret);
        Assert.NotNull(await _read.ReadAsync(large, Secret));
        Assert.Equal((ReadTokens.Most / 2) + 1, _read.Count);
    }

    private string Issue(PrincipalKind kind) => _tokens.Issue("somebody", kind, TimeSpan.FromHours(1), Secret);
}
