using Anvil.Edge.Dhcp;
using Microsoft.Extensions.Time.Testing;

namespace Anvil.Edge.Tests.Dhcp;

public sealed class HeardClientsTests
{
    private readonly FakeTimeProvider _time = new();

    private static string Mac(int n) => $"06:00:00:{n >> 16:x2}:{(n >> 8) & 255:x2}:{n & 255:x2}";

    /// <summary>Made-up cards, more than there are places: they push out each other, in their own subnet.</summary>
    [Fact]
    public void MadeUpCardsPushOutEachOtherAlone()
    {
        var heard = new HeardClients(_time);
        heard.Hear("here", "known", isKnown: true);
        heard.Hear("here", "stranger", isKnown: false);
        heard.Hear("there", "stranger", isKnown: false);
        for (var i = 0; i < 2 * HeardClients.MostStrangers; i++) heard.Hear("here", Mac(i), isKnown: false);
        Assert.True(heard.Knows("here", "known"));
        Assert.True(heard.Knows("there", "stranger"));
        Assert.False(heard.Knows("here", "stranger"));
        Assert.False(heard.Knows("there", "known"));
        Assert.False(heard.Knows("nowhere", "known"));
    }

    [Fact]
    public void AMomentIsAQuarterOfAnHour()
    {
        var heard = new HeardClients(_time);
        heard.Hear("here", "known", isKnown: true);
        _time.Advance(HeardClients.For);
        Assert.True(heard.Knows("here", "known"));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(heard.Knows("here", "known"));
    }

    /// <summary>Of more subnets than there are places, the one in which nobody was heard for longest is forgotten.</summary>
    [Fact]
    public void SubnetsAreBounded()
    {
        var heard = new HeardClients(_time);
        for (var i = 0; i <= HeardClients.MostSubnets; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(1));
            heard.Hear($"net{i}", "a", isKnown: true);
            if (i != 1) continue;
            _time.Advance(TimeSpan.FromMilliseconds(1));
            heard.Hear("net0", "a", isKnown: true);
        }

        Assert.False(heard.Knows("net1", "a"));
        Assert.True(heard.Knows("net0", "a"));
        Assert.True(heard.Knows($"net{HeardClients.MostSubnets}", "a"));
    }
}
