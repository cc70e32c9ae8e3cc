using Anvil.Provisioning.Access;
using Anvil.Provisioning.Jobs;

namespace Anvil.Contracts.Access;

/// <summary>Keeps who opened which secure params, for people to find: in the log, and in the timeline of the machine.</summary>
public interface ISecretAudit
{
    /// <summary>Notes what one request opened; what repeats is counted (<see cref="OpenedBook"/>).</summary>
    void Opened(SecretOpening opening);
}
