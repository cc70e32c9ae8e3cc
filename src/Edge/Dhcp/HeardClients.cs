namespace Anvil.Edge.Dhcp;

/// <summary>
/// Clients whose DISCOVER or REQUEST was answered a moment ago, each by the subnet that it was answered in: a packet from elsewhere, in
/// its name, says nothing of it there. A subnet has places of its own, and so have its cards of known machines: made-up ones, of
/// which there are any number, push out each other alone. Thread-safe.
/// </summary>
public sealed class HeardClients(TimeProvider time)
{
    /// <summary>
    /// From the answer to the boot script there are seconds; firmware that loads a large boot program by a slow way takes minutes.
    /// </summary>
    public static readonly TimeSpan For = TimeSpan.FromMinutes(15);

    /// <summary>Cards of known machines that are remembered of a subnet, and others; the oldest are forgotten first.</summary>
    public const int MostKnown = 16_384;

    /// <inheritdoc cref="MostKnown"/>
    public const int MostStrangers = 4096;

    /// <summary>Subnets of which cards are remembered; the one in which none was heard for longest is forgotten first.</summary>
    public const int MostSubnets = 4096;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Heard> _subnets = new(StringComparer.Ordinal);

    private sealed record Heard(Acquaintances Known, Acquaintances Strangers)
    {
        public long At { get; set; }
    }

    /// <summary>A client was answered in a subnet.</summary>
    /// <param name="subnet">Name of the subnet.</param>
    /// <param name="mac">The client.</param>
    /// <param name="isKnown">It is a card of a machine that is no stranger to DHCP.</param>
    public void Hear(string subnet, string mac, bool isKnown)
    {
        Heard? heard;
        lock (_gate)
        {
            if (!_subnets.TryGetValue(subnet, out heard))
            {
                if (_subnets.Count >= MostSubnets) _subnets.Remove(_subnets.MinBy(s => s.Value.At).Key);
                _subnets[subnet] = heard = new Heard(new Acquaintances(MostKnown, For, time), new Acquaintances(MostStrangers, For, time));
            }

            heard.At = time.GetTimestamp();
        }

        (isKnown ? heard.Known : heard.Strangers).Meet(mac);
    }

    /// <summary>True for a client that was answered there a moment ago.</summary>
    public bool Knows(string subnet, string mac)
    {
        Heard? heard;
        lock (_gate) heard = _subnets.GetValueOrDefault(subnet);
        return heard is not null && (heard.Known.Knows(mac) || heard.Strangers.Knows(mac));
    }
}
