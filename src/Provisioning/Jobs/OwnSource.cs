namespace Anvil.Provisioning.Jobs;

/// <summary>
/// Who brings a change of a machine about, where it is no person. Each has a budget of records (<see cref="OwnRecords"/>).
/// </summary>
public enum OwnSource
{
    /// <summary>Packets and requests for boot files in its name: anybody on its link.</summary>
    Wire,

    /// <summary>The machine, by the token of its boot or its registration.</summary>
    Boot,

    /// <summary>Jobs: their steps, and what they change.</summary>
    Job,

    /// <summary>Jobs of other machines, which change this one: what they spend is none of its own jobs'.</summary>
    OthersJob,
}
