using System.Globalization;

namespace Anvil.Protocols.Tftp;

/// <summary>What a transfer was negotiated to (RFC 2348 blksize, RFC 2349 timeout and tsize, RFC 7440 windowsize).</summary>
/// <param name="BlockSize">Octets of a block.</param>
/// <param name="WindowSize">Blocks of a window.</param>
/// <param name="Timeout">Time after which is sent again, as the client asked for it; null: as it is learned.</param>
/// <param name="Accepted">What the option acknowledgement says; none: there is none.</param>
public sealed record TftpOptions(int BlockSize, int WindowSize, TimeSpan? Timeout, IReadOnlyList<KeyValuePair<string, string>> Accepted)
{
    private const int DefaultBlock = 512;

    /// <summary>Largest block that there is (RFC 2348).</summary>
    public const int LargestBlock = 65464;

    /// <summary>What fits an Ethernet frame with the headers of IPv4, UDP and TFTP.</summary>
    public const int EthernetBlock = 1468;

    /// <summary>Most octets that a window keeps in memory.</summary>
    private const int LargestWindowMemory = 1 << 20;

    /// <summary>
    /// Longest time, in seconds, after which is sent again as the client asks for it: a longer one is not accepted (RFC 2349 leaves it
    /// to the server), since a transfer whose client is silent is held three times as long.
    /// </summary>
    public const int LongestTimeout = 30;

    /// <summary>Largest window, in blocks.</summary>
    public const int LargestWindow = 64;

    /// <summary>Negotiates: what is not understood or out of range is left out, as the RFCs have it.</summary>
    /// <param name="request">Options of the request.</param>
    /// <param name="length">Length of the file in octets; null when it is not known (netascii).</param>
    /// <param name="largest">Largest block that the client's path carries unfragmented.</param>
    public static TftpOptions Negotiate(IReadOnlyDictionary<string, string> request, long? length, int largest = EthernetBlock)
    {
        var accepted = new List<KeyValuePair<string, string>>();
        var block = DefaultBlock;
        var window = 1;
        TimeSpan? timeout = null;
        if (Number(request, "blksize", 8, LargestBlock) is { } wantedBlock)
            Accept("blksize", block = Math.Min(wantedBlock, Math.Max(DefaultBlock, largest)));
        if (Number(request, "windowsize", 1, 65535) is { } wantedWindow)
            Accept("windowsize", window = Math.Clamp(wantedWindow, 1, Math.Clamp(LargestWindowMemory / block, 1, LargestWindow)));
        if (Number(request, "timeout", 1, LongestTimeout) is { } seconds)
        {
            timeout = TimeSpan.FromSeconds(seconds);
            Accept("timeout", seconds);
        }

        if (request.ContainsKey("tsize") && length is { } size)
            accepted.Add(KeyValuePair.Create("tsize", size.ToString(CultureInfo.InvariantCulture)));
        return new TftpOptions(block, window, timeout, accepted);

        void Accept(string name, int value) => accepted.Add(KeyValuePair.Create(name, value.ToString(CultureInfo.InvariantCulture)));
    }

    private static int? Number(IReadOnlyDictionary<string, string> request, string name, int least, int most)
        => request.TryGetValue(name, out var text) && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var n)
            && n >= least && n <= most ? n : null;
}
