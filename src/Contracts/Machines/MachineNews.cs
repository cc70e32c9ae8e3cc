using System.Globalization;
using Anvil.Provisioning.Machines;

namespace Anvil.Contracts.Machines;

/// <summary>A machine as one write left it.</summary>
/// <param name="Uuid">The machine.</param>
/// <param name="Version">
/// Counted up by every write of the machine's row, also when it is deleted and made again under the same uuid: of two changes the one with
/// the higher version is the later.
/// </param>
/// <param name="Machine">The machine; null when there is none any more.</param>
[GenerateSerializer, Immutable, Alias("anvil.MachineNews")]
public sealed record MachineNews([property: Id(0)] string Uuid, [property: Id(1)] long Version, [property: Id(2)] KnownMachine? Machine)
{
    /// <summary>What a machine's grain has just written.</summary>
    /// <param name="uuid">The machine.</param>
    /// <param name="etag">The storage's ETag after the write: the row's version.</param>
    /// <param name="machine">The document; null when it was deleted.</param>
    public static MachineNews Of(string uuid, string etag, Machine? machine)
        => new(uuid, long.Parse(etag, CultureInfo.InvariantCulture), machine is null ? null : KnownMachine.Of(machine));
}
