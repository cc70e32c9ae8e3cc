using Anvil.Edge.Dhcp;
using Microsoft.Extensions.Time.Testing;

namespace Anvil.Edge.Tests.Dhcp;

public sealed class RateLimiterTests
{
    private readonly FakeTimeProvider _time = new();

    private static int Take(RateLimiter<string> limiter, string key, int times)
        => Enumerable.Range(0, times).Count(_ => limiter.TryTake(key));

    [Fact]
    public void SoManyAtOnceAndThenSoManyASecond()
    {
        var limiter = new RateLimiter<string>(10, 30, 100, _time);
        Assert.Equal(30, Take(limiter, "a", 100));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(10, Take(limiter, "a", 100));
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(30, Take(limiter, "a", 100));
    }

    [Fact]
    public void OneKeyDoesNotSpendAnothersShare()
    {
        var limiter = new RateLimiter<string>(10, 30, 100, _time);
        Take(limiter, "a", 1000);
        Assert.Equal(30, Take(limiter, "b", 100));
    }

    [Fact]
    public void MadeUpKeysTakeNoMemory()
    {
        var limiter = new RateLimiter<int>(10, 30, 1000, _time);
        for (var key = 0; key < 100_000; key++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(1));
            Assert.True(limiter.TryTake(key));
            Assert.InRange(limiter.Count, 0, 1000);
        }
    }

    [Fact]
    public void ZeroIsNoLimit() => Assert.Equal(500, Take(new RateLimiter<string>(0, 0, 1, _time), "a", 500));
}
