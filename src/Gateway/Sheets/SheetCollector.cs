using Anvil.Provisioning.Sheets;

namespace Anvil.Gateway.Sheets;

/// <summary>Puts a sheet together from rows as they are read, within its bounds, whatever the file's format.</summary>
internal sealed class SheetCollector
{
    private readonly List<SheetRow> _rows = [];
    private IReadOnlyList<string>? _header;
    private long _characters;
    private int _cells;

    /// <summary>Adds a row; one without texts is none.</summary>
    /// <param name="number">Its number, from 1.</param>
    /// <param name="cells">Its cells.</param>
    /// <exception cref="SheetException">A bound is hit, or the header is missing.</exception>
    public void Add(int number, IReadOnlyList<string> cells)
    {
        if (cells.Count > MachineSheet.MostColumns) throw new SheetException($"a sheet has at most {MachineSheet.MostColumns} columns");
        // Trailing cells that are empty, as spreadsheets leave them, are none; nor are such columns of the header.
        var count = cells.Count;
        while (count > 0 && string.IsNullOrWhiteSpace(cells[count - 1])) count--;
        if (count == 0) return;
        if (_header is null && number > 1) throw new SheetException("the first row must hold the columns' names");
        string[] kept = [.. cells.Take(count)];
        // A text that many cells share counts for each: who reads the report gets it so often.
        foreach (var cell in kept.Where(c => c.Length > 0))
        {
            _cells++;
            _characters += cell.Length;
        }

        if (_cells > MachineSheet.MostCells) throw new SheetException($"a sheet has at most {MachineSheet.MostCells} cells with a text");
        if (_characters > MachineSheet.MostCharacters)
            throw new SheetException($"the cells of a sheet have at most {MachineSheet.MostCharacters} characters");
        if (_header is null)
        {
            _header = kept;
            return;
        }

        if (_rows.Count == MachineSheet.MostRows) throw new SheetException($"a sheet has at most {MachineSheet.MostRows} rows");
        _rows.Add(new SheetRow(number, kept));
    }

    /// <summary>The whole.</summary>
    /// <exception cref="SheetException">There was no row.</exception>
    public Sheet Sheet()
        => new(_header ?? throw new SheetException("the sheet is empty: its first row must hold the columns' names"), _rows);
}
