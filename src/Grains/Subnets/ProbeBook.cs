namespace Anvil.Grains.Subnets;

/// <summary>Which addresses were probed lately, so that none is probed for every client.</summary>
internal sealed class ProbeBook(TimeProvider time)
{
    /// <summary>How long a probe's answer holds.</summary>
    public static readonly TimeSpan Holds = TimeSpan.FromMinutes(10);

    /// <summary>Most addresses that are remembered; those whose answer holds no longer go first, then all.</summary>
    public const int MostRemembered = 70_000;

    private readonly Dictionary<uint, long> _probed = [];

    /// <summary>An address is probed now.</summary>
    public void Note(uint address)
    {
        if (_probed.Count >= MostRemembered) Forget();
        _probed[address] = time.GetTimestamp();
    }

    /// <summary>True when the answer of the last probe still holds, or is on its way.</summary>
    public bool Knows(uint address) => _probed.TryGetValue(address, out var when) && time.GetElapsedTime(when) < Holds;

    private void Forget()
    {
        foreach (var (address, when) in _probed)
        {
            if (time.GetElapsedTime(when) >= Holds) _probed.Remove(address);
        }

        // Unless a good part went, the next ones would each look through all of them.
        if (_probed.Count > MostRemembered / 2) _probed.Clear();
    }
}
