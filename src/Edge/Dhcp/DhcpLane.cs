using System.Threading.Channels;

namespace Anvil.Edge.Dhcp;

/// <summary>The packets of one precedence that wait on one socket, and what each link may add to them. For one writer.</summary>
internal sealed class DhcpLane
{
    private const int MostKeys = 16_384;

    private readonly Channel<DhcpWaiting> _queue;
    private readonly RateLimiter<(uint Relay, uint Source)> _byLink;

    /// <summary>An empty one.</summary>
    /// <param name="answers">Packets that are answered at once.</param>
    /// <param name="most">Packets that wait; the oldest are shed.</param>
    /// <param name="perSecond">Packets a second of one link; 0 is no bound.</param>
    /// <param name="burst">Of those at once.</param>
    /// <param name="shed">Told of each that is shed.</param>
    /// <param name="time">The time.</param>
    public DhcpLane(int answers, int most, int perSecond, int burst, Action shed, TimeProvider time)
    {
        Answers = answers;
        _byLink = new RateLimiter<(uint Relay, uint Source)>(perSecond, burst, MostKeys, time);
        _queue = Channel.CreateBounded<DhcpWaiting>(
            new BoundedChannelOptions(Math.Max(1, most))
            {
                FullMode = BoundedChannelFullMode.DropOldest,
                SingleWriter = true
            }, _ => shed());
    }

    /// <summary>Packets that are answered at once.</summary>
    public int Answers { get; }

    /// <summary>What waits.</summary>
    public ChannelReader<DhcpWaiting> Reader => _queue.Reader;

    /// <summary>Adds a packet; false when its link has sent too many.</summary>
    public bool TryAdd(DhcpOrigin origin, DhcpWaiting packet)
        => _byLink.TryTake((origin.Relay, origin.Source)) && _queue.Writer.TryWrite(packet);

    /// <summary>Adds one for which another bound holds.</summary>
    public void Add(DhcpWaiting packet) => _queue.Writer.TryWrite(packet);

    /// <summary>Nothing comes any more.</summary>
    public void Complete() => _queue.Writer.Complete();
}

/// <summary>A packet that waits, and since when.</summary>
internal readonly record struct DhcpWaiting(DhcpArrival Arrival, long Since);
