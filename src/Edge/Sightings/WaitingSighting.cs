using System.Diagnostics;
using Anvil.Contracts.Machines;

namespace Anvil.Edge.Sightings;

/// <summary>A sighting that its machine's grain is still to be told of.</summary>
/// <param name="machine">Uuid of the machine.</param>
/// <param name="sighting">What was seen.</param>
/// <param name="at">Timestamp of when.</param>
/// <param name="packet">The trace of the packet that showed it.</param>
public sealed class WaitingSighting(string machine, Sighting sighting, long at, ActivityContext packet)
{
    private readonly TaskCompletionSource _settled = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Uuid of the machine.</summary>
    public string Machine => machine;

    /// <summary>What was seen.</summary>
    public Sighting Sighting => sighting;

    /// <summary>Timestamp of when it was seen.</summary>
    public long At => at;

    /// <summary>The trace of the packet that showed it.</summary>
    public ActivityContext Packet => packet;

    /// <summary>Ends when the sighting was carried out, or never will be.</summary>
    public Task Settled => _settled.Task;

    /// <summary>It was carried out, or never will be.</summary>
    public void Settle() => _settled.TrySetResult();
}
