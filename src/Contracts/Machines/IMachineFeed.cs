using Anvil.Contracts.Events;

namespace Anvil.Contracts.Machines;

/// <summary>Machines that were written after a place in the stream of events.</summary>
/// <param name="Place">Where to go on; what was written before it and is not named here was named before.</param>
/// <param name="Uuids">Machines that were made, changed or deleted; each once. Some may be named again by the next page.</param>
/// <param name="Whole">False: there may be more.</param>
public sealed record MachineFeedPage(EventPlace Place, IReadOnlyList<string> Uuids, bool Whole);

/// <summary>Reads out of the database what edges keep of machines: all of them once, then those that change.</summary>
public interface IMachineFeed
{
    /// <summary>The end of the stream: what is written from now on comes after it.</summary>
    Task<EventPlace> EndAsync(CancellationToken cancellation);

    /// <summary>
    /// The machines that were written after a place. Every write that had ended when the call began is named, also one whose transaction
    /// ended before an earlier one's.
    /// </summary>
    /// <param name="after">The place.</param>
    /// <param name="most">Events that are looked at.</param>
    /// <param name="cancellation">Ends the call.</param>
    Task<MachineFeedPage> ChangedAsync(EventPlace after, int most, CancellationToken cancellation);

    /// <summary>Machines in the order of their uuids, from after one ("": from the first).</summary>
    Task<IReadOnlyList<MachineNews>> PageAsync(string after, int most, CancellationToken cancellation);

    /// <summary>Machines as they are; those that are no more with their last version. One that never was is left out.</summary>
    Task<IReadOnlyList<MachineNews>> ReadAsync(IReadOnlyCollection<string> uuids, CancellationToken cancellation);

    /// <summary>The machine with a MAC address; null when there is none.</summary>
    Task<MachineNews?> FindAsync(string mac, CancellationToken cancellation);
}
