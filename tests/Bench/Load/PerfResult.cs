namespace Anvil.Bench.Load;

/// <summary>What perfdhcp counted in one run.</summary>
/// <param name="Discovers">DISCOVERs sent.</param>
/// <param name="Acks">ACKs received: exchanges that were finished.</param>
/// <param name="Seconds">How long it sent.</param>
/// <param name="Rate">Exchanges a second that were begun, as it was told.</param>
/// <param name="Delays">From DISCOVER to OFFER and from REQUEST to ACK, in milliseconds, sorted; empty when they were not asked
/// for.</param>
/// <param name="MeanDelay">Of OFFERs and ACKs, in milliseconds.</param>
internal sealed record PerfResult(int Discovers, int Acks, double Seconds, int Rate, IReadOnlyList<double> Delays, double MeanDelay)
{
    /// <summary>Share of exchanges that were begun and not finished.</summary>
    public double Lost => Discovers == 0 ? 1 : 1 - ((double)Acks / Discovers);

    /// <summary>Exchanges a second that were finished.</summary>
    public double Finished => Acks / (IsOffered ? Seconds : Math.Max(Took, Seconds));

    /// <summary>How long it ran, in seconds: longer where it could not keep up with its rate.</summary>
    public double Took { get; init; }

    /// <summary>True when perfdhcp itself could begin as many as it was told, in that time; its own start and end take some of
    /// it.</summary>
    public bool IsOffered => Discovers >= 0.95 * Rate * Seconds && Took < (1.1 * Seconds) + 0.5;

    /// <summary>Passes: less than one in a hundred lost.</summary>
    public bool IsGood => IsOffered && Lost < 0.01;

    /// <summary>Processor time of the server for each exchange that was finished, in milliseconds; the bench fills it in.</summary>
    public double CpuMilliseconds { get; init; }
}
