using Anvil.Provisioning.Access;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Machines;

namespace Anvil.Contracts;

/// <summary>Who asks a grain for something; rights were checked before. The name is what events and the audit say.</summary>
/// <param name="Name">User, machine uuid, or part of Anvil.</param>
/// <param name="IsMachine">Asks with a machine's token.</param>
/// <param name="MayUpdateTaskList">Has the right updateTaskList.</param>
[GenerateSerializer, Immutable, Alias("anvil.Actor")]
public sealed record Actor([property: Id(0)] string Name, [property: Id(1)] bool IsMachine, [property: Id(2)] bool MayUpdateTaskList)
{
    /// <summary>Asks with the token of a running job, whose rights are its task's.</summary>
    [Id(3)]
    public bool IsTask { get; init; }

    /// <summary>Name of that job's task; "" for none, and from silos of the version before.</summary>
    [Id(4)]
    public string Task { get => field ?? ""; init; }

    /// <summary>Has the right to give any machine any network card: for machines and jobs, more than for themselves.</summary>
    [Id(5)]
    public bool MayAddCards { get; init; }

    /// <summary>
    /// A user's rights, which what it chooses is held to; null for who has all, for machines, for parts of Anvil, and from silos of the
    /// version before, which held users to nothing.
    /// </summary>
    [Id(6)]
    public Rights? Rights { get; init; }

    /// <summary>
    /// The roles that the requester's token is limited to; none for another token, and from silos of the version before.
    /// </summary>
    [Id(7)]
    public IReadOnlyList<string> TokenRoles { get => field ?? []; init; }

    /// <summary>Who writes, as a document may remember it.</summary>
    public Signer AsSigner() => new(Name, !IsMachine, Rights, TokenRoles);

    /// <summary>Who chooses, with the rights that its choice is held to; null: it is held to nothing.</summary>
    public Principal? Chooser(CatalogSnapshot catalog) => TaskGrants.Chooser(Name, IsTask ? Task : null, Rights, catalog);
}
