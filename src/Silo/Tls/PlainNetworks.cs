using System.Net;

namespace Anvil.Silo.Tls;

/// <summary>From where plain HTTP is taken at the API's port: nowhere, unless the settings say so.</summary>
internal sealed class PlainNetworks
{
    private readonly bool _hasLoopback;
    private readonly IReadOnlyList<IPNetwork> _networks;

    private PlainNetworks(bool hasLoopback, IReadOnlyList<IPNetwork> networks) => (_hasLoopback, _networks) = (hasLoopback, networks);

    /// <summary>Reads what the settings say.</summary>
    /// <param name="words">`loopback`, or networks such as 10.0.0.0/24.</param>
    /// <exception cref="InvalidOperationException">One is neither.</exception>
    public static PlainNetworks Of(IEnumerable<string> words)
    {
        var (hasLoopback, networks) = (false, new List<IPNetwork>());
        foreach (var word in words)
        {
            if (word.Equals("loopback", StringComparison.OrdinalIgnoreCase)) hasLoopback = true;
            else if (IPNetwork.TryParse(word, out var network)) networks.Add(network);
            else throw new InvalidOperationException($"Silo:PlainApi is loopback, or a network such as 10.0.0.0/24, not {word}");
        }

        return new PlainNetworks(hasLoopback, networks);
    }

    /// <summary>True where a client of that address may speak plain HTTP.</summary>
    public bool Has(IPAddress? address)
    {
        if (address is null) return false;
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        return (_hasLoopback && IPAddress.IsLoopback(address)) || _networks.Any(n => n.Contains(address));
    }
}
