using Anvil.Provisioning.Jobs;

namespace Anvil.Contracts.Events;

/// <summary>Tells of what no change of an object tells: it happened, and nothing that is stored is other for it.</summary>
public interface IEventJournal
{
    /// <summary>Writes an event.</summary>
    Task TellAsync(MachineEvent happened, CancellationToken cancellation);
}
