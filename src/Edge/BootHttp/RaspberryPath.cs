using System.Text.RegularExpressions;

namespace Anvil.Edge.BootHttp;

/// <summary>
/// The files that Raspberry Pis ask for by TFTP, each board below its own folder: the last eight digits of its serial number, or its MAC
/// address with dashes (Raspberry Pi's documentation, "Network boot", TFTP_PREFIX). Boards without a folder of their own share one.
/// </summary>
internal static partial class RaspberryPath
{
    /// <summary>The folder that boards share, below the file root.</summary>
    public const string Shared = "rpi";

    /// <summary>The path below the shared folder; null for one that is no board's.</summary>
    /// <param name="path">A normalized path.</param>
    public static string? Of(string path)
        => Own().Match(path) is { Success: true } own ? $"{Shared}/{path[own.Length..]}" : null;

    [GeneratedRegex("^(?:[0-9a-f]{8}|[0-9a-f]{2}(?:-[0-9a-f]{2}){5})/", RegexOptions.CultureInvariant)]
    private static partial Regex Own();
}
