using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Anvil.Bench.Load;

/// <summary>
/// perfdhcp of Kea: 4-way exchanges, open loop. It is always a simulated relay: its own address is giaddr, and answers come to port 67.
/// </summary>
internal sealed partial class PerfDhcp(Link link)
{
    /// <summary>Octets at the end of a MAC address that count up; a run of 2^24 clients at most.</summary>
    public const ulong FirstMac = 0x02_00_00_00_00_00;

    /// <summary>Seconds that it waits for late answers.</summary>
    private const double ExitWait = 0.5;

    // PXEClient:Arch:00007:UNDI:003000, and architecture 7: UEFI of 64 bits.
    private static readonly string[] Firmware =
        ["-o", "60,505845436c69656e743a417263683a30303030373a554e44493a303033303030", "-o", "93,0007"];

    private readonly string _program = PeerPrograms.Find("perfdhcp", "kea-admin");

    /// <summary>Runs it against a server.</summary>
    /// <param name="server">Whose processor time is counted.</param>
    /// <param name="rate">Exchanges a second.</param>
    /// <param name="seconds">How long.</param>
    /// <param name="firstMac">MAC address of the first client; each next one is one more.</param>
    /// <param name="clients">How many there are, taken in turns.</param>
    /// <param name="isFirmware">Sends what UEFI firmware sends (options 60, 93), so that a boot answer is due.</param>
    /// <param name="withDelays">Keeps every delay: for short runs.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task<PerfResult> RunAsync(Service server, int rate, double seconds, ulong firstMac, int clients, bool isFirmware = false,
        bool withDelays = false, CancellationToken cancellation = default)
    {
        var number = (int)Math.Max(1, rate * seconds);
        List<string> command =
        [
            _program, "-4", "-l", "eth0", "-r", Number(rate), "-R", Number(clients), "-n", Number(number), "-p",
            Number((int)Math.Ceiling(seconds * 1.5) + 1),
            "-W", Number((int)(ExitWait * 1_000_000)), "-b", $"mac={Mac(firstMac)}", .. isFirmware ? Firmware : [],
            .. withDelays ? new[] { "-x", "t" } : [],
            Link.ServerAddress,
        ];
        var before = server.CpuSeconds;
        var began = Stopwatch.GetTimestamp();
        var text = await Runner.RunAsync(link.Client, [0, 3], command, cancellation);
        var took = Stopwatch.GetElapsedTime(began).TotalSeconds - ExitWait;
        var cpu = server.CpuSeconds - before;
        var result = Read(text, rate, seconds) with { Took = took };
        return result with { CpuMilliseconds = result.Acks == 0 ? double.NaN : cpu * 1000 / result.Acks };
    }

    /// <summary>A MAC address as text.</summary>
    public static string Mac(ulong address)
        => string.Join(':',
            Enumerable.Range(0, 6).Select(i => ((byte)(address >> (40 - (8 * i)))).ToString("x2", CultureInfo.InvariantCulture)));

    private static PerfResult Read(string text, int rate, double seconds)
    {
        var sent = Sent().Matches(text);
        var received = Received().Matches(text);
        if (sent.Count < 2 || received.Count < 2) throw new Support.SetupException($"perfdhcp's answer is not understood: {text}");
        var means = Mean().Matches(text).Select(m => double.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture)).ToList();
        var delays = Times().Matches(text)
            .Select(m => 1000 * (double.Parse(m.Groups[2].Value, CultureInfo.InvariantCulture)
                - double.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture)))
            .Order().ToList();
        return new PerfResult(Int(sent[0]), Int(received[1]), seconds, rate, delays, means.Count == 0 ? double.NaN : means.Average());

        static int Int(Match match) => int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);
    }

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex(@"sent packets: (\d+)")]
    private static partial Regex Sent();

    [GeneratedRegex(@"received packets: (\d+)")]
    private static partial Regex Received();

    [GeneratedRegex(@"avg delay: ([\d.]+) ms")]
    private static partial Regex Mean();

    [GeneratedRegex(@"sent / received: ([\d.]+) / ([\d.]+)")]
    private static partial Regex Times();
}
