using System.Globalization;

namespace Anvil.Support;

/// <summary>The most memory that a process has had in RAM.</summary>
public static class PeakMemory
{
    /// <summary>In octets (VmHWM of proc(5)).</summary>
    public static long Of(int process)
    {
        var line = File.ReadLines($"/proc/{process}/status").Single(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
        return 1024 * long.Parse(line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }
}
