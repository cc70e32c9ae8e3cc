using Anvil.Objects.Access;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Jobs;
using Microsoft.Extensions.Time.Testing;

namespace Anvil.Silo.Tests;

/// <summary>How fast machines change what is not their own.</summary>
public sealed class ChangeAllowanceTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly ChangeAllowance _allowance;

    public ChangeAllowanceTests() => _allowance = new ChangeAllowance(_time);

    [Fact]
    public void AMachineHasOnePaceWhereverItWritesAndOthersHaveTheirOwn()
    {
        var one = Machine("one");
        for (var n = 0; n <= OwnRecords.AtOnce; n++) _allowance.Take(one, n % 2 == 0 ? "profiles" : "machines", n % 3 == 0 ? "*" : "two");
        foreach (var (kind, whose) in new[] { ("profiles", "p"), ("machines", "*"), ("jobs", "two"), ("prefs", "*"), ("users", "u") })
        {
            var refused = Assert.Throws<ApiException>(() => _allowance.Take(one, kind, whose));
            Assert.Equal(429, refused.Error.Code);
            Assert.Contains(" s", refused.Error.Messages[0], StringComparison.Ordinal);
            Assert.InRange(refused.RetryAfter!.Value, TimeSpan.FromMilliseconds(1), TimeSpan.FromHours(1));
        }

        // Itself it changes by its own grain's count, and so do its jobs.
        _allowance.Take(one, "machines", "one");
        _allowance.Take(one, "jobs", "one");
        _allowance.Take(Machine("two"), "profiles", "p");
        _allowance.Take(one with { Kind = PrincipalKind.User }, "profiles", "p");
        _time.Advance(TimeSpan.FromHours(1));
        for (var n = 0; n < OwnRecords.PerHour - 2; n++) _allowance.Take(one, "profiles", "p");
    }

    [Fact]
    public void ASheetCountsByItsRows()
    {
        var one = Machine("one");
        _allowance.Take(one, "machines", "*", 3 * OwnRecords.AtOnce);
        Assert.Throws<ApiException>(() => _allowance.Take(one, "profiles", "p"));
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Throws<ApiException>(() => _allowance.Take(one, "profiles", "p"));
        _time.Advance(TimeSpan.FromHours(5));
        _allowance.Take(one, "profiles", "p");
    }

    /// <summary>What people post is counted, too: it is kept with what tells who did what.</summary>
    [Fact]
    public void WhoeverPostsEventsHasAPace()
    {
        var user = new Principal("one", PrincipalKind.User, []);
        for (var n = 0; n <= OwnRecords.NeededAtOnce; n++) _allowance.TakePosted(user);
        var refused = Assert.Throws<ApiException>(() => _allowance.TakePosted(user));
        Assert.Equal((429, "events"), (refused.Error.Code, refused.Error.Model));
        _allowance.TakePosted(user with { Name = "two" });
        _allowance.Take(user, "profiles", "p");
        _time.Advance(TimeSpan.FromHours(1));
        for (var n = 0; n < OwnRecords.NeededPerHour - 2; n++) _allowance.TakePosted(user);
        var machine = Machine("one");
        for (var n = 0; n <= OwnRecords.AtOnce; n++) _allowance.TakePosted(machine);
        Assert.Equal(429, Assert.Throws<ApiException>(() => _allowance.TakePosted(machine)).Error.Code);
    }

    private static Principal Machine(string name) => new(name, PrincipalKind.Machine, []);
}
