using Anvil.Provisioning.Network;
using Microsoft.Extensions.Time.Testing;

namespace Anvil.Provisioning.Tests.Network;

public sealed class LeaseClockTests
{
    /// <summary>A clock whose wall time can be set while its monotonic time goes on, as a real machine's can.</summary>
    private sealed class Clock : TimeProvider
    {
        public FakeTimeProvider Steady { get; } = new(TestCatalog.Start);

        public TimeSpan Jumped { get; set; }

        public override long TimestampFrequency => Steady.TimestampFrequency;

        public override DateTimeOffset GetUtcNow() => Steady.GetUtcNow() + Jumped;

        public override long GetTimestamp() => Steady.GetTimestamp();
    }

    private readonly Clock _time = new();

    [Fact]
    public void TimeThatPassesIsNoJump()
    {
        var clock = new LeaseClock(_time);
        _time.Steady.Advance(TimeSpan.FromDays(3));
        Assert.Equal(TestCatalog.Start.AddDays(3), clock.Read(out var jump));
        Assert.Equal(TimeSpan.Zero, jump);
    }

    [Theory]
    [InlineData(86400)]
    [InlineData(-86400)]
    public void AJumpIsToldOnce(int seconds)
    {
        var clock = new LeaseClock(_time);
        _time.Steady.Advance(TimeSpan.FromHours(1));
        _time.Jumped = TimeSpan.FromSeconds(seconds);
        clock.Read(out var jump);
        Assert.Equal(TimeSpan.FromSeconds(seconds), jump);
        clock.Read(out jump);
        Assert.Equal(TimeSpan.Zero, jump);
    }

    [Fact]
    public void DriftIsFollowed()
    {
        var clock = new LeaseClock(_time);
        for (var i = 0; i < 100; i++)
        {
            _time.Jumped += TimeSpan.FromSeconds(1);
            clock.Read(out var jump);
            Assert.Equal(TimeSpan.Zero, jump);
        }
    }

    /// <summary>Clients count their own seconds: after a jump each lease has as long to go as before it.</summary>
    [Fact]
    public void LeasesMoveWithTheClock()
    {
        var now = TestCatalog.Start;
        Lease Of(string address, string state, int seconds)
            => new() { Addr = address, Token = address, State = state, ExpireTime = now.AddSeconds(seconds) };
        var table = new LeaseTable<uint>(IPv4Text.Instance, new AddressRange<uint>(IPv4.Parse("10.0.0.10"), IPv4.Parse("10.0.0.20")),
            [Of("10.0.0.10", Lease.Ack, 500), Of("10.0.0.11", Lease.Ack, -5), Of("10.0.0.12", Lease.Expired, 0)], []);
        var later = now.AddDays(1);
        var moved = Assert.Single(table.Shifted(TimeSpan.FromDays(1), later));
        Assert.Equal(("10.0.0.10", later.AddSeconds(500)), (moved.Addr, moved.ExpireTime));
    }
}
