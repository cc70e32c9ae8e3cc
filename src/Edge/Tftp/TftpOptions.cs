using System.Globalization;

namespace Anvil.Edge.Tftp;

/// <summary>What a transfer was negotiated to (RFC 2348 blksize, RFC 2349 timeout and tsize, RFC 7440 windowsize).</summary>
public sealed record TftpOptions(int BlockSize, int WindowSize, TimeSpan Timeout, IReadOnlyList<KeyValuePair<string, string>> Accepted)
{
    private const int DefaultBlock = 512;

    /// <summary>Largest block: what fits an Ethernet frame with IPv4 and UDP headers, so that no path has to fragment it.</summary>
    public const int LargestBlock = 1468;

    /// <summary>Largest window, in blocks.</summary>
    public const int LargestWindow = 64;

    /// <summary>Negotiates: what is not understood or out of range is left out, as the RFCs have it.</summary>
    /// <param name="request">Options of the request.</param>
    /// <param name="length">Length of the file in octets; null when it is not known (netascii).</param>
    public static TftpOptions Negotiate(IReadOnlyDictionary<string, string> request, long? length)
    {
        var accepted = new List<KeyValuePair<string, string>>();
        var block = DefaultBlock;
        var window = 1;
        var timeout = TimeSpan.FromSeconds(1);
        if (Number(request, "blksize", 8, 65464) is { } wantedBlock) Accept("blksize", block = Math.Min(wantedBlock, LargestBlock));
        if (Number(request, "windowsize", 1, 65535) is { } wantedWindow) Accept("windowsize", window = Math.Min(wantedWindow, LargestWindow));
        if (Number(request, "timeout", 1, 255) is { } seconds)
        {
            timeout = TimeSpan.FromSeconds(seconds);
            Accept("timeout", seconds);
        }

        if (request.ContainsKey("tsize") && length is { } size) accepted.Add(KeyValuePair.Create("tsize", size.ToString(CultureInfo.InvariantCulture)));
        return new TftpOptions(block, window, timeout, accepted);

        void Accept(string name, int value) => accepted.Add(KeyValuePair.Create(name, value.ToString(CultureInfo.InvariantCulture)));
    }

    private static int? Number(IReadOnlyDictionary<string, string> request, string name, int least, int most)
        => request.TryGetValue(name, out var text) && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n >= least && n <= most ? n : null;
}
