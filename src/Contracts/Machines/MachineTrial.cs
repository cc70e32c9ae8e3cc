using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Jobs;
using Anvil.Provisioning.Machines;

namespace Anvil.Contracts.Machines;

/// <summary>
/// A change of a machine, or of its current job, that is to be tried: one of these, which is checked and decided as if it were made, and
/// stored nowhere.
/// </summary>
[GenerateSerializer, Immutable, Alias("anvil.MachineTrial")]
public sealed record MachineTrial
{
    /// <summary>The machine is to be made, as somebody defines it.</summary>
    [Id(0)]
    public MachineWrite? Make { get; init; }

    /// <summary>It is to be replaced.</summary>
    [Id(1)]
    public MachineWrite? Replace { get; init; }

    /// <summary>It is to be patched.</summary>
    [Id(2)]
    public DocumentPatch? Amend { get; init; }

    /// <summary>It is to be deleted.</summary>
    [Id(3)]
    public ChangeTerms? Remove { get; init; }

    /// <summary>It is to be approved of.</summary>
    [Id(4)]
    public ChangeTerms? Approve { get; init; }

    /// <summary>Its next job is to begin.</summary>
    [Id(5)]
    public Actor? StartJob { get; init; }

    /// <summary>Its current job is to be patched.</summary>
    [Id(6)]
    public DocumentPatch? AmendJob { get; init; }

    /// <summary>Uuid of the job that <see cref="AmendJob"/> means; "" otherwise.</summary>
    [Id(7)]
    public string Job { get => field ?? ""; init; } = "";
}

/// <summary>What a change of a machine, or of its job, would come to.</summary>
/// <param name="Status">HTTP status that the change would have been answered with.</param>
/// <param name="Machine">The machine as it would be (as it is, for a deletion); null for an error.</param>
/// <param name="Job">Its job as it would be; null where the change is of no job.</param>
/// <param name="Error">The error that it would have been refused with.</param>
/// <param name="IsChange">False where everything is so already, and nothing would be written.</param>
[GenerateSerializer, Immutable, Alias("anvil.MachineTried")]
public sealed record MachineTried([property: Id(0)] int Status, [property: Id(1)] Machine? Machine, [property: Id(2)] Job? Job,
    [property: Id(3)] ApiError? Error, [property: Id(4)] bool IsChange) : IRepeatable
{
    /// <inheritdoc/>
    [Id(5)]
    public bool Again { get; init; }
}
