using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Machines;

namespace Anvil.Contracts.Machines;

/// <summary>One machine's part in a step of several: one takes a name, a MAC address or an address that another gives up.</summary>
/// <param name="Uuid">The machine.</param>
/// <param name="Operations">What changes (RFC 6902), as JSON text; "" for a machine that is made.</param>
[GenerateSerializer, Immutable, Alias("anvil.MachineMove")]
public sealed record MachineMove([property: Id(0)] string Uuid, [property: Id(1)] string Operations)
{
    /// <summary>The machine that is made; null for one that is there.</summary>
    [Id(2)]
    public Machine? Made { get; init; }
}

/// <summary>Machines that change in one step, with their reservations: all or none.</summary>
/// <param name="Moves">The machines.</param>
/// <param name="Written">Reservations to be there afterwards.</param>
/// <param name="Removed">Keys of reservations that end, also of those that are written anew for another card.</param>
/// <param name="Terms">Who asks.</param>
[GenerateSerializer, Immutable, Alias("anvil.MachineMoves")]
public sealed record MachineMoves([property: Id(0)] IReadOnlyList<MachineMove> Moves, [property: Id(1)] IReadOnlyList<Document> Written,
    [property: Id(2)] IReadOnlyList<string> Removed, [property: Id(3)] ChangeTerms Terms)
{
    /// <summary>Most machines of one step.</summary>
    public const int Most = 10_000;

    /// <summary>Most octets that the states of one step may have.</summary>
    public const long MostOctets = 64L << 20;
}

/// <summary>What a machine's part in a step comes to; nothing of it is stored yet.</summary>
/// <param name="Error">Why it may not be; null when it may.</param>
/// <param name="State">The state to be stored, as it is stored.</param>
/// <param name="Version">Version of the row that it takes the place of; "" where there is none.</param>
[GenerateSerializer, Immutable, Alias("anvil.PreparedMove")]
public sealed record PreparedMove([property: Id(0)] ApiError? Error, [property: Id(1)] byte[] State,
    [property: Id(2)] string Version) : IRepeatable
{
    /// <summary>Uuid of another machine that has the address now; "" for none.</summary>
    [Id(3)]
    public string Holder { get => field ?? ""; init; }

    /// <summary>Name that the machine gets.</summary>
    [Id(4)]
    public string Name { get => field ?? ""; init; }

    /// <inheritdoc/>
    [Id(5)]
    public bool Again { get; init; }
}
