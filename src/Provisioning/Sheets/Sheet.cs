namespace Anvil.Provisioning.Sheets;

/// <summary>A table of machines as it was read: its header, and rows of text.</summary>
/// <param name="Header">Column names, in order.</param>
/// <param name="Rows">The rows below the header, without empty ones.</param>
public sealed record Sheet(IReadOnlyList<string> Header, IReadOnlyList<SheetRow> Rows);

/// <summary>One row.</summary>
/// <param name="Number">Its number as a person counts it: the header is row 1.</param>
/// <param name="Cells">Its cells, in the header's order.</param>
public sealed record SheetRow(int Number, IReadOnlyList<string> Cells)
{
    /// <summary>Cells that hold no value that could be read, by the number of their column from 0.</summary>
    public IReadOnlyList<CellFault> Faults { get; init; } = [];
}

/// <summary>A cell without a value that could be read.</summary>
/// <param name="Column">Number of its column, from 0.</param>
/// <param name="Message">What is wrong with it.</param>
public sealed record CellFault(int Column, string Message);

/// <summary>What is wrong with one cell.</summary>
/// <param name="Row">Number of the row; 1 is the header.</param>
/// <param name="Column">Name of the column; "" when the whole row is meant.</param>
/// <param name="Message">What is wrong.</param>
public sealed record SheetProblem(int Row, string Column, string Message);

/// <summary>A sheet that cannot be read at all.</summary>
public sealed class SheetException(string message, Exception? inner = null) : Exception(message, inner);
