using Anvil.Provisioning.Machines;

namespace Anvil.Contracts.Timeline;

/// <summary>One line of "what happened": who (machine or MAC), where, what, how it ended.</summary>
/// <param name="Time">When, UTC.</param>
/// <param name="Machine">Uuid, or "" for a MAC that is no machine yet.</param>
/// <param name="Mac">MAC address, or "".</param>
/// <param name="Source">dhcp, tftp, http, api, job, phase.</param>
/// <param name="What">The act, such as DISCOVER or GET /default.ipxe.</param>
/// <param name="Outcome">How it ended, such as OFFER 10.0.0.5 or 404.</param>
/// <param name="Detail">Reasons, for a person.</param>
public sealed record TimelineEntry(DateTimeOffset Time, string Machine, string Mac, string Source, string What, string Outcome,
    string Detail);

/// <summary>Where timelines live.</summary>
public interface ITimelineStore
{
    /// <summary>Appends lines in one transaction.</summary>
    Task AppendAsync(IReadOnlyList<TimelineEntry> entries, CancellationToken cancellation);

    /// <summary>The newest lines about a machine or its MACs, oldest first.</summary>
    Task<IReadOnlyList<TimelineEntry>> ReadAsync(string machine, IReadOnlyCollection<string> macs, int most,
        CancellationToken cancellation);
}
