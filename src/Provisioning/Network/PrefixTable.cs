using System.Collections.Immutable;

namespace Anvil.Provisioning.Network;

/// <summary>
/// Which named networks hold an address, and which overlap: an immutable table by prefix. Finding costs one look-up for each prefix length
/// in use,
/// at most 33, whatever the number of networks; a change costs the logarithm of it.
/// </summary>
public sealed class PrefixTable
{
    private readonly ImmutableDictionary<Cidr, ImmutableSortedSet<string>> _names;
    private readonly ImmutableSortedSet<(uint Network, int PrefixLength, string Name)> _inOrder;
    private readonly ImmutableArray<int> _counts;

    private PrefixTable(
        ImmutableDictionary<Cidr, ImmutableSortedSet<string>> names,
        ImmutableSortedSet<(uint Network, int PrefixLength, string Name)> inOrder, ImmutableArray<int> counts)
    {
        _names = names;
        _inOrder = inOrder;
        _counts = counts;
    }

    /// <summary>A table without networks.</summary>
    public static PrefixTable Empty { get; } = new(
        ImmutableDictionary<Cidr, ImmutableSortedSet<string>>.Empty,
        ImmutableSortedSet.Create<(uint Network, int PrefixLength, string Name)>(new InOrder()),
        [.. new int[33]]);

    /// <summary>The table with a network added.</summary>
    public PrefixTable With(Cidr network, string name)
    {
        var entry = (network.Network, network.PrefixLength, name);
        if (_inOrder.Contains(entry)) return this;
        var names = _names.TryGetValue(network, out var known) ? known : ImmutableSortedSet.Create<string>(StringComparer.Ordinal);
        return new PrefixTable(
            _names.SetItem(network, names.Add(name)), _inOrder.Add(entry),
            _counts.SetItem(network.PrefixLength, _counts[network.PrefixLength] + 1));
    }

    /// <summary>The table without a network.</summary>
    public PrefixTable Without(Cidr network, string name)
    {
        var entry = (network.Network, network.PrefixLength, name);
        if (!_inOrder.Contains(entry)) return this;
        var names = _names[network].Remove(name);
        return new PrefixTable(
            names.IsEmpty ? _names.Remove(network) : _names.SetItem(network, names), _inOrder.Remove(entry),
            _counts.SetItem(network.PrefixLength, _counts[network.PrefixLength] - 1));
    }

    /// <summary>
    /// The name of the smallest network that holds an address, the first by name where two are equal; null when none does.
    /// </summary>
    public string? Find(uint address)
    {
        for (var length = 32; length >= 0; length--)
        {
            if (_counts[length] > 0 && _names.TryGetValue(Of(address, length), out var names)) return names[0];
        }

        return null;
    }

    /// <summary>
    /// The names of all networks that share an address with this one: those that hold it, then those within it, in order of their
    /// addresses.
    /// </summary>
    public IEnumerable<string> Overlapping(Cidr network)
    {
        for (var length = 0; length < network.PrefixLength; length++)
        {
            if (_counts[length] == 0 || !_names.TryGetValue(Of(network.Network, length), out var names)) continue;
            foreach (var name in names) yield return name;
        }

        var (first, end) = Within(network);
        for (var i = first; i < end; i++) yield return _inOrder[i].Name;
    }

    /// <summary>How many networks share an address with this one, without looking at each.</summary>
    public int CountOverlapping(Cidr network)
    {
        var (first, end) = Within(network);
        var count = end - first;
        for (var length = 0; length < network.PrefixLength; length++)
        {
            if (_counts[length] > 0 && _names.TryGetValue(Of(network.Network, length), out var names)) count += names.Count;
        }

        return count;
    }

    private static Cidr Of(uint address, int length) => new(length == 0 ? 0 : address & (uint.MaxValue << (32 - length)), length);

    /// <summary>The places of the networks that lie within one, itself included: those that are no longer begin elsewhere.</summary>
    private (int First, int End) Within(Cidr network)
    {
        var end = network.Broadcast == uint.MaxValue ? _inOrder.Count : Place((network.Broadcast + 1, 0, ""));
        return (Place((network.Network, network.PrefixLength, "")), end);
    }

    private int Place((uint Network, int PrefixLength, string Name) entry)
    {
        var at = _inOrder.IndexOf(entry);
        return at < 0 ? ~at : at;
    }

    private sealed class InOrder : IComparer<(uint Network, int PrefixLength, string Name)>
    {
        public int Compare((uint Network, int PrefixLength, string Name) x, (uint Network, int PrefixLength, string Name) y)
        {
            var order = x.Network.CompareTo(y.Network);
            if (order == 0) order = x.PrefixLength.CompareTo(y.PrefixLength);
            return order != 0 ? order : string.CompareOrdinal(x.Name, y.Name);
        }
    }
}
