using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Jobs;
using Anvil.Provisioning.Machines;

namespace Anvil.Contracts.Machines;

/// <summary>A machine to be made, or to take the place of the one that is there.</summary>
/// <param name="Machine">The document, read and checked for its shape.</param>
/// <param name="Terms">Who asks, and on which condition.</param>
[GenerateSerializer, Immutable, Alias("anvil.MachineWrite")]
public sealed record MachineWrite([property: Id(0)] Machine Machine, [property: Id(1)] ChangeTerms Terms)
{
    /// <summary>The machine registers itself: nobody has defined it.</summary>
    [Id(2)]
    public bool Discovered { get; init; }

    /// <summary>What becomes of machines that register themselves where it is (open, approve, closed).</summary>
    [Id(3)]
    public string Admission { get => field ?? "open"; init; }

    /// <summary>DHCP has seen all its cards on one link: it may be a known machine with a card more.</summary>
    [Id(4)]
    public bool OnLink { get; init; }

    /// <summary>All cards that a registration names, whether they were seen or not.</summary>
    [Id(5)]
    public IReadOnlyList<string> Claims { get => field ?? []; init; } = [];

    /// <summary>Why a registration may be a machine that is known, and was not taken for it; "" where nothing says so.</summary>
    [Id(6)]
    public string Doubt { get => field ?? ""; init; } = "";

    /// <summary>Name of the subnet in which it registers itself; "" for none.</summary>
    [Id(7)]
    public string Subnet { get => field ?? ""; init; } = "";

    /// <summary>It registers itself with cards that it names itself, of which no lease is known.</summary>
    [Id(8)]
    public bool IsUnleased { get; init; }
}

/// <summary>A change of a machine or of its current job by JSON Patch.</summary>
/// <param name="Operations">The operations (RFC 6902), as JSON text: the free part of a document.</param>
/// <param name="Terms">Who asks, and on which condition.</param>
[GenerateSerializer, Immutable, Alias("anvil.DocumentPatch")]
public sealed record DocumentPatch([property: Id(0)] string Operations, [property: Id(1)] ChangeTerms Terms)
{
    /// <summary>The version that a document without a revision must still have (a job); "" for any.</summary>
    [Id(2)]
    public string IfTag { get => field ?? ""; init; } = "";
}

/// <summary>A machine's grain's answer: the machine, or the error to give.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Machine">The machine after the change (before it, for a deletion); null for an error, or when it has not changed.</param>
/// <param name="Error">The error.</param>
/// <param name="Revision">Revision of the machine, counted up by each write; 0 where there is none.</param>
[GenerateSerializer, Immutable, Alias("anvil.MachineAnswer")]
public sealed record MachineAnswer([property: Id(0)] int Status, [property: Id(1)] Machine? Machine, [property: Id(2)] ApiError? Error,
    [property: Id(3)] long Revision) : IRepeatable
{
    /// <inheritdoc/>
    [Id(4)]
    public bool Again { get; init; }
}

/// <summary>A machine's grain's answer about a job.</summary>
/// <param name="Status">HTTP status: 201 a new job, 202 the same again, 204 nothing to run, 200 changed.</param>
/// <param name="Job">The job; null for an error or for nothing to run.</param>
/// <param name="Error">The error.</param>
[GenerateSerializer, Immutable, Alias("anvil.JobAnswer")]
public sealed record JobAnswer([property: Id(0)] int Status, [property: Id(1)] Job? Job, [property: Id(2)] ApiError? Error) : IRepeatable
{
    /// <inheritdoc/>
    [Id(3)]
    public bool Again { get; init; }
}
