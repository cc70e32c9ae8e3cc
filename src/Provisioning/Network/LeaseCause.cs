namespace Anvil.Provisioning.Network;

/// <summary>Why a client is left without an answer; each is counted apart.</summary>
public enum LeaseCause
{
    /// <summary>It is answered, or nothing was to be said (a release).</summary>
    None,

    /// <summary>The subnet gives no new leases.</summary>
    Disabled,

    /// <summary>No address is free.</summary>
    Exhausted,

    /// <summary>The subnet's pickers give strangers nothing, or not what they ask for.</summary>
    Picker,

    /// <summary>It gives back an address that it does not hold.</summary>
    NotHeld,

    /// <summary>Its address is none of ours to give: another server's, that may know it.</summary>
    Foreign,

    /// <summary>Leases cannot be made durable now.</summary>
    DatabaseAway,

    /// <summary>The subnet is on its way to another silo.</summary>
    Moved,

    /// <summary>As many offers to strangers are out as may be, or the last addresses are kept for those who are known.</summary>
    Strangers,

    /// <summary>It speaks for a lease from another link or address than the lease's, or for more than is believed.</summary>
    Doubtful,
}
