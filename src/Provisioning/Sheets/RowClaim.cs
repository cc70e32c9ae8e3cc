using Anvil.Provisioning.Machines;

namespace Anvil.Provisioning.Sheets;

/// <summary>What a row names, and the machine that it means in view of all other rows.</summary>
/// <param name="Number">The row's number.</param>
/// <param name="Name">The name that it gives; "" for none.</param>
/// <param name="Macs">The MAC addresses that it gives.</param>
/// <param name="Address">The cell of its address; "" for none.</param>
internal sealed record RowClaim(int Number, string Name, IReadOnlyList<string> Macs, string Address)
{
    /// <summary>The machine of its name.</summary>
    public Machine? Named { get; init; }

    /// <summary>The one machine that all its MAC addresses lead to; null when there is none, or more than one.</summary>
    public Machine? Carded { get; init; }

    /// <summary>The machine that it means; null: a new one.</summary>
    public Machine? Machine { get; set; }

    /// <summary>MAC addresses that the machine gives to those of other rows.</summary>
    public List<string> Given { get; } = [];

    /// <summary>Number of the step that it is part of, with other rows; 0: it is carried out by itself.</summary>
    public int Step { get; set; }

    /// <summary>The machine's MAC addresses after the sheet: what it gives away is gone, what the row names is added.</summary>
    public IReadOnlyList<string> Cards
        => [.. (Machine?.HardwareAddrs ?? []).Except(Given), .. Macs.Except(Machine?.HardwareAddrs ?? [])];
}
