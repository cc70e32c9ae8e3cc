namespace Anvil.Contracts.Machines;

/// <summary>Keeps an eye on every machine of the site.</summary>
public interface IMachineWatcher
{
    /// <summary>Takes in a change; one that is older than what is known is passed over.</summary>
    void Changed(MachineNews change);
}
