using Anvil.Provisioning.Machines;
using Anvil.Provisioning.Network;

namespace Anvil.Provisioning.Sheets;

/// <summary>What a row does.</summary>
public enum RowAction
{
    /// <summary>Nothing: all is as the row says.</summary>
    None,

    /// <summary>Makes a machine.</summary>
    Create,

    /// <summary>Changes a machine.</summary>
    Update,

    /// <summary>Nothing: something is wrong with it.</summary>
    Refuse,
}

/// <summary>One field that a row changes.</summary>
public sealed record SheetChange(string Column, string From, string To);

/// <summary>What one row comes to.</summary>
/// <param name="Row">Number of the row.</param>
/// <param name="Name">Name of its machine.</param>
/// <param name="Action">What it does.</param>
/// <param name="Machine">The machine as it shall be.</param>
/// <param name="Changes">What changes.</param>
/// <param name="Problems">What is wrong.</param>
public sealed record RowPlan(int Row, string Name, RowAction Action, Machine Machine, IReadOnlyList<SheetChange> Changes,
    IReadOnlyList<SheetProblem> Problems)
{
    /// <summary>Reservation that gives the machine its address; null when it has it already, or none.</summary>
    public Reservation? Reservation { get; init; }

    /// <summary>
    /// Rows of one number are carried out as one step, all or none: one takes what another gives up. 0: the row is carried out by itself.
    /// </summary>
    public int Step { get; init; }

    /// <summary>Keys of reservations of the machine that end.</summary>
    public IReadOnlyList<string> EndedReservations { get; init; } = [];
}
