using System.Net;

namespace Anvil.Swarm;

/// <summary>Who holds which address, as the clients know it: an address that two hold at once is a fault of the servers.</summary>
public sealed class LeaseBook
{
    private readonly Lock _lock = new();
    private readonly Dictionary<IPAddress, (string Mac, TimeSpan Until)> _holds = [];
    private readonly List<string> _doubles = [];

    /// <summary>Addresses that two machines held at once.</summary>
    public IReadOnlyList<string> Doubles
    {
        get
        {
            lock (_lock) return [.. _doubles];
        }
    }

    /// <summary>Number of addresses that were ever held.</summary>
    public int Count
    {
        get
        {
            lock (_lock) return _holds.Count;
        }
    }

    /// <summary>A machine was given an address; it may use it until then.</summary>
    public void Held(IPAddress address, string mac, TimeSpan now, TimeSpan until)
    {
        lock (_lock)
        {
            if (_holds.TryGetValue(address, out var other) && other.Mac != mac && other.Until > now)
                _doubles.Add($"{address}: {other.Mac} until {other.Until.TotalSeconds:F1} s, {mac} from {now.TotalSeconds:F1} s");
            _holds[address] = (mac, until);
        }
    }

    /// <summary>A machine uses its address no more.</summary>
    public void Dropped(IPAddress address, string mac)
    {
        lock (_lock)
        {
            if (_holds.TryGetValue(address, out var hold) && hold.Mac == mac) _holds[address] = (mac, TimeSpan.Zero);
        }
    }
}
