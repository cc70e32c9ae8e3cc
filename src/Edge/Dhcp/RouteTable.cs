using System.Buffers.Binary;
using System.Globalization;

namespace Anvil.Edge.Dhcp;

/// <summary>
/// The IPv4 routes of this host, as Linux shows them (/proc/net/route, proc(5)): which router leads to an address. Read anew when they are
/// ten seconds old. Where there are several tables by rules (policy routing), this is the main one. Thread-safe.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="path">The table.</param>
public sealed class RouteTable(TimeProvider time, string path = RouteTable.Linux)
{
    private const string Linux = "/proc/net/route";
    private const int Columns = 8;
    private const int MostRoutes = 65_536;
    private const uint Rejects = 0x200;

    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private IReadOnlyList<Route> _routes = [];
    private long? _read;

    private readonly record struct Route(uint Network, uint Mask, uint Gateway, uint Metric);

    /// <summary>The next hop to an address: a router's address; 0 for what is on a link of this host; null where no route leads.</summary>
    /// <param name="address">The address, host order.</param>
    public uint? NextHop(uint address)
    {
        Route? best = null;
        foreach (var route in Current())
        {
            if ((address & route.Mask) != route.Network) continue;
            if (best is { } other && (other.Mask, route.Metric).CompareTo((route.Mask, other.Metric)) > 0) continue;
            best = route;
        }

        return best?.Gateway;
    }

    private IReadOnlyList<Route> Current()
    {
        lock (_gate)
        {
            if (_read is { } at && time.GetElapsedTime(at) < Fresh) return _routes;
            _read = time.GetTimestamp();
            try
            {
                return _routes = [.. File.ReadLines(path).Skip(1).Take(MostRoutes).Select(Read).OfType<Route>()];
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return _routes = [];
            }
        }
    }

    /// <summary>
    /// A line: interface, destination, gateway, flags, two counters, metric, mask; addresses are the kernel's words in hex.
    /// </summary>
    private static Route? Read(string line)
    {
        var parts = line.Split('\t', StringSplitOptions.TrimEntries);
        return parts.Length >= Columns && Hex(parts[1]) is { } network && Hex(parts[2]) is { } gateway && Hex(parts[3]) is { } flags
            && Hex(parts[7]) is { } mask && uint.TryParse(parts[6], NumberStyles.None, CultureInfo.InvariantCulture, out var metric)
            && (flags & Rejects) == 0 ? new Route(Address(network), Address(mask), Address(gateway), metric) : null;
    }

    private static uint? Hex(string text)
        => uint.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value) ? value : null;

    /// <summary>The words are as they lie in memory, in network order.</summary>
    private static uint Address(uint word) => BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(word) : word;
}
