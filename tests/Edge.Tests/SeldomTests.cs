using Microsoft.Extensions.Time.Testing;

namespace Anvil.Edge.Tests;

public sealed class SeldomTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void AKindIsToldOfOnceInAWhile()
    {
        var told = new Seldom(TimeSpan.FromMinutes(1), 10, _time);
        Assert.True(told.Tells("a"));
        Assert.True(told.Tells("b"));
        _time.Advance(TimeSpan.FromSeconds(59));
        for (var i = 0; i < 1000; i++) Assert.False(told.Tells("a"));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(told.Tells("a"));
        Assert.False(told.Tells("a"));
    }

    /// <summary>Kinds without number are not told of, and take no memory; those that are over make room.</summary>
    [Fact]
    public void KindsAreBounded()
    {
        var told = new Seldom(TimeSpan.FromMinutes(1), 10, _time);
        Assert.Equal(10, Enumerable.Range(0, 1000).Count(i => told.Tells($"{i}")));
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(10, Enumerable.Range(2000, 1000).Count(i => told.Tells($"{i}")));
    }
}
