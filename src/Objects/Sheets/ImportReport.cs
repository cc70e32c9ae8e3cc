using System.Text.Json.Serialization;
using Anvil.Provisioning.Sheets;

namespace Anvil.Objects.Sheets;

/// <summary>What an import did, or would do.</summary>
/// <param name="DryRun">Nothing was changed.</param>
/// <param name="Rows">Rows of the sheet.</param>
/// <param name="Created">Machines made, or that would be.</param>
/// <param name="Updated">Machines changed, or that would be.</param>
/// <param name="Unchanged">Rows that say what is so already.</param>
/// <param name="Failed">Rows with problems; all of them, and the header for one, where the header is wrong.</param>
/// <param name="Problems">Each problem by row and column.</param>
/// <param name="Changes">What changes, row by row.</param>
public sealed record ImportReport(
    bool DryRun, int Rows, int Created, int Updated, int Unchanged, int Failed, IReadOnlyList<SheetProblem> Problems,
    IReadOnlyList<ImportedRow> Changes)
{
    /// <summary>Problems or changed fields are more than the report tells; the counts are whole.</summary>
    public bool IsShortened { get; init; }

    /// <summary>The header is wrong: no row of the sheet means anything, whatever was asked for.</summary>
    [JsonIgnore]
    public bool HasNoHeader { get; init; }
}

/// <summary>One row that makes or changes a machine.</summary>
/// <param name="Row">Its number.</param>
/// <param name="Name">The machine's name.</param>
/// <param name="Uuid">Its uuid; "" for one that is not made yet.</param>
/// <param name="Action">Create or Update.</param>
/// <param name="Fields">The fields that change.</param>
public sealed record ImportedRow(int Row, string Name, string Uuid, string Action, IReadOnlyList<SheetChange> Fields);

/// <summary>How far an import is.</summary>
/// <param name="Done">Machines made or changed.</param>
/// <param name="Total">Machines to make or change.</param>
public sealed record ImportProgress(int Done, int Total);
