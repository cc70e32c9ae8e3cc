using Anvil.Provisioning.Sheets;

namespace Anvil.Gateway.Sheets;

/// <summary>Puts a sheet together from rows as they are read, within its bounds, whatever the file's format.</summary>
internal sealed class SheetCollector
{
    private const int MostMerged = 10_000;
    private const int LongestReference = 64;
    private readonly List<SheetRow> _rows = [];
    private IReadOnlyList<string>? _header;
    private long _characters;
    private int _cells;
    private int _merged;

    /// <summary>Adds a row; one without texts is none.</summary>
    /// <param name="number">Its number, from 1.</param>
    /// <param name="cells">Its cells.</param>
    /// <param name="faults">Those of them that have no value that could be read.</param>
    /// <exception cref="SheetException">A bound is hit, or the header is missing.</exception>
    public void Add(int number, IReadOnlyList<string> cells, IReadOnlyList<CellFault> faults)
    {
        if (cells.Count > MachineSheet.MostColumns) throw new SheetException($"a sheet has at most {MachineSheet.MostColumns} columns");
        // Trailing cells that are empty, as spreadsheets leave them, are none; nor are such columns of the header.
        var count = cells.Count;
        while (count > 0 && string.IsNullOrWhiteSpace(cells[count - 1])) count--;
        if (count == 0 && faults.Count == 0) return;
        if (_header is null && number > 1) throw new SheetException("the first row must hold the columns' names");
        if (_header is null && faults.Count > 0)
            throw new SheetException($"row 1, column {faults[0].Column + 1}: {faults[0].Message}");
        string[] kept = [.. cells.Take(count)];
        _cells += faults.Count;
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
        _rows.Add(new SheetRow(number, kept) { Faults = faults });
    }

    /// <summary>
    /// Cells that are shown as one. Only the first has the value, and nobody sees that the others have none: each is told, as far as it
    /// lies in the sheet's rows and columns.
    /// </summary>
    /// <param name="reference">The cells, as the file names them.</param>
    /// <param name="top">Their first row, from 1.</param>
    /// <param name="bottom">Their last row.</param>
    /// <param name="left">Their first column, from 0.</param>
    /// <param name="right">Their last column.</param>
    /// <exception cref="SheetException">Those of the header are, or too many.</exception>
    public void Merge(string reference, int top, int bottom, int left, int right)
    {
        if (_header is null || left >= _header.Count || (top == bottom && left == right)) return;
        reference = SheetColumn.Short(reference, LongestReference);
        if (top == 1) throw new SheetException($"the cells {reference} of the header are merged: each column needs a name of its own");
        for (var i = FirstFrom(top); i < _rows.Count && _rows[i].Number <= bottom; i++)
        {
            var row = _rows[i];
            var column = row.Number == top ? left + 1 : left;
            if (column > right || column >= _header.Count) continue;
            if (++_merged > MostMerged) throw new SheetException($"more than {MostMerged} cells of the sheet are merged with others");
            _rows[i] = row with
            {
                Faults = [.. row.Faults, new CellFault(column, $"the cells {reference} are merged: each needs a value of its own")],
            };
        }
    }

    private int FirstFrom(int number)
    {
        var (from, to) = (0, _rows.Count);
        while (from < to)
        {
            var middle = (from + to) / 2;
            if (_rows[middle].Number < number) from = middle + 1;
            else to = middle;
        }

        return from;
    }

    /// <summary>The whole.</summary>
    /// <exception cref="SheetException">There was no row.</exception>
    public Sheet Sheet()
        => new(_header ?? throw new SheetException("the sheet is empty: its first row must hold the columns' names"), _rows);
}
