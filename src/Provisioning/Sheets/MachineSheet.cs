using System.Text.Json;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Machines;
using Anvil.Provisioning.Network;

namespace Anvil.Provisioning.Sheets;

/// <summary>
/// What a sheet of machines comes to: which are made, which change and how, and what is wrong with which cell. A row means the machine
/// of its name, else the one with one of its MAC addresses. An empty cell leaves a field as it is, `-` empties it. MAC addresses are
/// added, never taken away. Workflow and boot environment are where a machine begins: a row that was imported before moves it only when
/// the sheet's value has changed since, so that the same sheet, imported again, installs nothing anew.
/// </summary>
public sealed class MachineSheet
{
    /// <summary>Most rows of a sheet.</summary>
    public const int MostRows = 100_000;

    /// <summary>Most columns.</summary>
    public const int MostColumns = 256;

    /// <summary>Most cells that hold something, header and rows together: each may become a value of its own in a machine's
    /// plan.</summary>
    public const int MostCells = 1_000_000;

    /// <summary>Most characters of all cells together.</summary>
    public const int MostCharacters = 64 << 20;

    /// <summary>Most MAC addresses that a cell may hold.</summary>
    public const int MostMacs = 256;

    /// <summary>Most problems that are told of one row, and the longest text of one.</summary>
    private const int MostProblems = JsonLimits.Problems;

    /// <inheritdoc cref="MostProblems"/>
    private const int LongestProblem = 300;

    /// <summary>Keys of a machine's Meta under which a sheet remembers where it let the machine begin.</summary>
    public const string WorkflowMemory = "sheet-workflow";

    /// <inheritdoc cref="WorkflowMemory"/>
    public const string BootEnvMemory = "sheet-bootenv";

    /// <summary>
    /// Most octets that are held of the machines that a sheet's names and MAC addresses lead to: their documents, with those params alone
    /// that are columns.
    /// </summary>
    public const long MostKnown = 64L << 20;

    private const string Clear = "-";
    private static readonly char[] Separators = [' ', ',', ';', '\n', '\r', '\t'];
    private static readonly char[] Commas = [',', ';', '\n', '\r', '\t'];
    private readonly IReadOnlyList<SheetColumn> _columns;
    private readonly CatalogSnapshot _catalog;
    private readonly MachinesOfSheet _known;
    private readonly IReservations _reservations;
    private readonly ParamKeys _keys;
    private readonly DateTimeOffset _now;
    private readonly Dictionary<string, int> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _macs = new(StringComparer.Ordinal);
    private readonly Dictionary<uint, int> _addresses = [];
    private readonly Dictionary<string, int> _machines = new(StringComparer.Ordinal);

    private MachineSheet(IReadOnlyList<SheetColumn> columns, CatalogSnapshot catalog, MachinesOfSheet known, IReservations reservations,
        ParamKeys keys, DateTimeOffset now)
        => (_columns, _catalog, _known, _reservations, _keys, _now) = (columns, catalog, known, reservations, keys, now);

    /// <summary>The columns of a header.</summary>
    /// <param name="header">Titles.</param>
    /// <param name="problems">Gets what is wrong with them.</param>
    public static IReadOnlyList<SheetColumn> Columns(IReadOnlyList<string> header, List<SheetProblem> problems)
    {
        if (header.Count > MostColumns) throw new SheetException($"a sheet has at most {MostColumns} columns");
        var columns = new List<SheetColumn>();
        foreach (var title in header)
        {
            var column = SheetColumn.Parse(title);
            if (column is null)
                problems.Add(new SheetProblem(1, title,
                    title.Trim().Length == 0 ? "a column without a name"
                        : $"no such column; there are {string.Join(", ", SheetColumn.Standard.Select(c => c.Title))} and param:NAME"));
            else if (columns.Contains(column)) problems.Add(new SheetProblem(1, title, "the column is there twice"));
            columns.Add(column ?? new SheetColumn(SheetField.Description, title));
        }

        if (!columns.Exists(c => c.Field is SheetField.Name or SheetField.Macs))
            problems.Add(new SheetProblem(1, "Name", "a column Name or MACs is needed: rows are told apart by them"));
        return columns;
    }

    /// <summary>Names and MAC addresses in a sheet, to look machines up by.</summary>
    public static (IReadOnlyCollection<string> Names, IReadOnlyCollection<string> Macs) Keys(Sheet sheet,
        IReadOnlyList<SheetColumn> columns)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var macs = new HashSet<string>(StringComparer.Ordinal);
        foreach (var row in sheet.Rows)
        {
            for (var i = 0; i < Math.Min(columns.Count, row.Cells.Count); i++)
            {
                if (columns[i].Field == SheetField.Name) names.Add(row.Cells[i].Trim());
                else if (columns[i].Field == SheetField.Macs)
                {
                    foreach (var text in Split(row.Cells[i]).Take(MostMacs))
                    {
                        if (MacAddress.TryNormalize(text, out var mac)) macs.Add(mac);
                    }
                }
            }
        }

        return (names, macs);
    }

    /// <summary>A machine with what a sheet's rows are compared with: of its params those that are columns.</summary>
    public static Machine Compared(Machine machine, IReadOnlyList<SheetColumn> columns, CatalogSnapshot catalog, ParamKeys keys)
        => Sealed(machine with
        {
            Params = columns.Where(c => c.Param.Length > 0 && machine.Params.ContainsKey(c.Param)).Select(c => c.Param)
                .Distinct(StringComparer.Ordinal).ToDictionary(p => p, p => machine.Params[p].Clone(), StringComparer.Ordinal),
        }, catalog, keys);

    /// <summary>
    /// A machine as sheets and reports show it: what is secure is sealed, also where it was stored before its param became secure.
    /// </summary>
    public static Machine Sealed(Machine machine, CatalogSnapshot catalog, ParamKeys keys)
        => SecureValues.Sealed(machine.Params, machine.Prefix, machine.Uuid, catalog, keys) is var values
            && ReferenceEquals(values, machine.Params) ? machine : machine with { Params = values };

    /// <summary>Addresses in a sheet, to look reservations up by.</summary>
    public static IReadOnlyCollection<uint> Addresses(Sheet sheet, IReadOnlyList<SheetColumn> columns)
    {
        var addresses = new HashSet<uint>();
        foreach (var row in sheet.Rows)
        {
            for (var i = 0; i < Math.Min(columns.Count, row.Cells.Count); i++)
            {
                if (columns[i].Field == SheetField.Address && IPv4.TryParse(row.Cells[i].Trim(), out var address)) addresses.Add(address);
            }
        }

        return addresses;
    }

    /// <summary>Plans all rows.</summary>
    /// <param name="sheet">The sheet.</param>
    /// <param name="columns">Its columns.</param>
    /// <param name="known">The machines that its names and MAC addresses lead to.</param>
    /// <param name="catalog">The catalog.</param>
    /// <param name="reservations">The reservations that its addresses and its machines' MAC addresses lead to.</param>
    /// <param name="keys">What opens secure params: a cell's that are sealed have to be its machine's own.</param>
    /// <param name="now">The time.</param>
    public static IEnumerable<RowPlan> Plan(Sheet sheet, IReadOnlyList<SheetColumn> columns, MachinesOfSheet known,
        CatalogSnapshot catalog, IReservations reservations, ParamKeys keys, DateTimeOffset now)
    {
        var plan = new MachineSheet(columns, catalog, known, reservations, keys, now);
        foreach (var row in sheet.Rows) yield return plan.Plan(row);
    }

    private RowPlan Plan(SheetRow row)
    {
        var problems = new List<SheetProblem>();
        void Problem(SheetColumn column, string message) => Tell(problems, row.Number, column.Title, message);
        if (row.Cells.Skip(_columns.Count).Any(c => c.Trim().Length > 0))
            problems.Add(new SheetProblem(row.Number, "", "more cells than the header has columns"));
        var cells = _columns.Zip(row.Cells, (column, text) => (Column: column, Text: text.Trim())).Where(c => c.Text.Length > 0).ToList();
        string Cell(SheetField field) => cells.FirstOrDefault(c => c.Column.Field == field).Text ?? "";

        var name = Cell(SheetField.Name);
        var macs = Macs(Cell(SheetField.Macs), m => Problem(Standard(SheetField.Macs), m));
        var old = Find(name, macs, Problem);
        if (old is null && name.Length == 0 && problems.Count == 0)
            Problem(Standard(SheetField.Name),
                macs.Count == 0 ? "a name or a MAC address is needed" : "no machine has this MAC address: a new one needs a name");
        Once(_names, name, row.Number, twice => Problem(Standard(SheetField.Name), $"row {twice} has this name, too"));
        foreach (var mac in macs) Once(_macs, mac, row.Number, twice => Problem(Standard(SheetField.Macs), $"row {twice} has {mac}, too"));
        if (old is not null)
            Once(_machines, old.Uuid, row.Number,
                twice => Problem(Standard(SheetField.Name), $"row {twice} means machine {old.Name}, too"));

        // A machine that is not there yet is made on nothing but its uuid.
        var before = old ?? new Machine { Uuid = Guid.NewGuid().ToString() };
        var wanted = before with
        {
            Name = name.Length > 0 ? name : before.Name,
            HardwareAddrs = [.. before.HardwareAddrs, .. macs.Except(before.HardwareAddrs)]
        };
        if (Cell(SheetField.Workflow) is not ("" or Clear) && Cell(SheetField.BootEnv) is not ("" or Clear))
            Problem(Standard(SheetField.BootEnv), "a workflow says what is booted: give a workflow or a boot environment, not both");
        var parameters = before.Params.ToDictionary(p => p.Key, p => p.Value, StringComparer.Ordinal);
        foreach (var (column, text) in cells)
        {
            if (IsStorable(text)) wanted = Apply(wanted, before, parameters, column, text, m => Problem(column, m));
            else Problem(column, "the text holds U+0000 or half a surrogate pair");
        }

        wanted = wanted with { Params = parameters };
        var (reservation, ended) = Reserve(wanted, Cell(SheetField.Address), row.Number, m => Problem(Standard(SheetField.Address), m));
        if (problems.Count == 0)
        {
            foreach (var (title, message) in Check(old, wanted)) Tell(problems, row.Number, title, message);
        }

        var changes = Changes(before, wanted);
        if (reservation is not null) changes.Add(new SheetChange("Reservation", "", $"{reservation.Addr} for {reservation.Token}"));
        var action = problems.Count > 0 ? RowAction.Refuse
            : old is null ? RowAction.Create : changes.Count > 0 || ended.Count > 0 ? RowAction.Update : RowAction.None;
        return new RowPlan(row.Number, wanted.Name, action, wanted, changes, problems)
        {
            Reservation = reservation,
            EndedReservations = ended
        };
    }

    private Machine? Find(string name, IReadOnlyList<string> macs, Action<SheetColumn, string> problem)
    {
        var named = name.Length > 0 ? _known.Named(name) : null;
        var found = named;
        foreach (var mac in macs)
        {
            if (_known.With(mac) is not { } other) continue;
            if (found is not null && other.Uuid != found.Uuid)
                problem(Standard(SheetField.Macs), $"{mac} belongs to machine {other.Name}");
            found ??= other;
        }

        return found;
    }

    private static void Once<T>(Dictionary<T, int> seen, T key, int row, Action<int> problem)
        where T : notnull
    {
        if (key is string { Length: 0 } || seen.TryAdd(key, row) || seen[key] == row) return;
        problem(seen[key]);
    }

    /// <summary>A problem of a row, which begins with what is wrong and not with what a cell of megabytes holds.</summary>
    private static void Tell(List<SheetProblem> problems, int row, string column, string message)
    {
        if (problems.Count > MostProblems) return;
        problems.Add(problems.Count == MostProblems ? new SheetProblem(row, "", "and more")
            : new SheetProblem(row, SheetColumn.Short(column, LongestProblem), SheetColumn.Short(message, LongestProblem)));
    }

    /// <summary>True for a text that JSON and every database can hold.</summary>
    private static bool IsStorable(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\0') return false;
            if (!char.IsSurrogate(text[i])) continue;
            if (!char.IsHighSurrogate(text[i]) || i + 1 == text.Length || !char.IsLowSurrogate(text[i + 1])) return false;
            i++;
        }

        return true;
    }

    private static List<string> Macs(string text, Action<string> problem)
    {
        var macs = new List<string>();
        foreach (var part in Split(text))
        {
            if (macs.Count == MostMacs)
            {
                problem($"a machine of a sheet has at most {MostMacs} MAC addresses");
                break;
            }

            if (!MacAddress.TryNormalize(part, out var mac)) problem($"{SheetColumn.Short(part, LongestProblem)} is no MAC address");
            else if (macs.Contains(mac, StringComparer.Ordinal)) problem($"{mac} is there twice");
            else macs.Add(mac);
        }

        return macs;
    }

    private Machine Apply(Machine machine, Machine before, Dictionary<string, JsonElement> parameters, SheetColumn column, string text,
        Action<string> problem)
    {
        var isClear = text == Clear;
        var value = isClear ? "" : text;
        switch (column.Field)
        {
            case SheetField.Address:
                if (!isClear && !(IPv4.TryParse(text, out var address) && IPv4.IsGlobalUnicast(address)))
                    problem($"{text} is not an IPv4 address that a machine can have");
                return machine with { Address = value };
            case SheetField.Profiles:
                var profiles = Profiles(value).ToList();
                foreach (var missing in profiles.Where(p => !_catalog.Profiles.ContainsKey(p))) problem($"there is no profile {missing}");
                return machine with { Profiles = [.. profiles.Distinct(StringComparer.Ordinal)] };
            case SheetField.Workflow:
                if (!isClear && !_catalog.Workflows.ContainsKey(text)) problem($"there is no workflow {text}");
                return Begins(machine, before, WorkflowMemory, value) is { } moved ? moved with { Workflow = value } : machine;
            case SheetField.BootEnv:
                if (!isClear && !_catalog.BootEnvs.ContainsKey(text)) problem($"there is no boot environment {text}");
                if (isClear) return machine;
                return Begins(machine, before, BootEnvMemory, value) is { } booted ? booted with { BootEnv = value } : machine;
            case SheetField.Arch:
                if (Architectures.Problem(Architectures.FromKernel(text)) is { } wrong) problem(wrong);
                return machine with { Arch = Architectures.FromKernel(text) };
            case SheetField.Description: return machine with { Description = SheetText.Read(value) };
            case SheetField.Bmc:
                if (SealedIn(SheetColumn.BmcParam, text) is { } hidden)
                {
                    Set(parameters, SheetColumn.BmcParam, Own(machine, hidden, problem));
                    return machine;
                }

                if (!isClear && (text.Length > 253 || text.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('.' or '-' or ':' or '_'))))
                    problem($"{text} is neither an address nor a host name");
                Set(parameters, SheetColumn.BmcParam, isClear ? null : JsonSerializer.SerializeToElement(text));
                return machine;
            case SheetField.Param:
                Set(parameters, column.Param, isClear ? null : Value(machine, column.Param, text, problem));
                return machine;
            default: return machine;
        }
    }

    /// <summary>
    /// The machine with the sheet's value remembered; null when this value was imported before, and the machine has gone on since.
    /// </summary>
    private static Machine? Begins(Machine machine, Machine before, string memory, string value)
        => before.Meta.GetValueOrDefault(memory) == value
            ? null : machine with { Meta = new Dictionary<string, string>(machine.Meta, StringComparer.Ordinal) { [memory] = value } };

    private static void Set(Dictionary<string, JsonElement> parameters, string name, JsonElement? value)
    {
        if (value is { } set) parameters[name] = set;
        else parameters.Remove(name);
    }

    /// <summary>A cell as its param's schema wants it: text where that says so, else JSON, else text.</summary>
    private JsonElement Value(Machine machine, string name, string text, Action<string> problem)
    {
        if (!NameRules.IsParamName(name)) problem($"{name} is no name of a param");
        if (SealedIn(name, text) is { } hidden) return Own(machine, hidden, problem);
        var value = SheetText.Value(text, IsText(name, _catalog));
        foreach (var wrong in CatalogRules.Values(new Dictionary<string, JsonElement>(StringComparer.Ordinal) { [name] = value },
            _catalog)) problem(wrong);
        return value;
    }

    /// <summary>What a cell holds of a secure param as an export writes it; null where it holds it in clear.</summary>
    private JsonElement? SealedIn(string name, string text)
        => _catalog.Params.TryGetValue(name, out var param) && param.Secure && text.StartsWith('{')
            && SheetText.Value(text, isText: false) is var value && SecureParams.IsSealed(value) ? value : null;

    /// <summary>A sealed value, which only the machine opens for which it was sealed: on another one nobody would find out.</summary>
    private JsonElement Own(Machine machine, JsonElement value, Action<string> problem)
    {
        if (!_keys.TryOpen(machine.Prefix, machine.Uuid, value, out _))
            problem("the value was sealed for another machine, or changed, and cannot be opened: write it in clear, or leave the cell "
                + "empty");
        return value;
    }

    /// <summary>DHCP gives an address where it serves the network: to the machine's first MAC address, by a reservation.</summary>
    private (Reservation? Reservation, IReadOnlyList<string> Ended) Reserve(Machine wanted, string cell, int row, Action<string> problem)
    {
        if (cell.Length == 0) return (null, []);
        var held = wanted.HardwareAddrs.SelectMany(_reservations.Of).ToList();
        if (cell == Clear) return (null, [.. held.Where(r => !r.ReadOnly).Select(r => r.Key)]);
        if (!IPv4.TryParse(cell, out var address)) return (null, []);
        Once(_addresses, address, row, twice => problem($"row {twice} has this address, too"));
        var subnet = _catalog.SubnetOf(address);
        if (subnet is null || subnet.Proxy) return (null, []);
        var key = IPv4.Hex(address);
        if (held.Exists(r => r.Key == key)) return (null, []);
        if (_reservations.At(address) is { } other)
        {
            problem($"{cell} is reserved for {other.Token}");
            return (null, []);
        }

        if (wanted.HardwareAddrs.Count == 0)
        {
            problem("a MAC address is needed: DHCP gives the address to it");
            return (null, []);
        }

        var reservation = new Reservation { Addr = cell, Token = wanted.HardwareAddrs[0], Strategy = "MAC", Description = wanted.Name };
        var ended = held.Where(r => r.Token == reservation.Token && !r.ReadOnly).Select(r => r.Key).ToList();
        if (subnet.Cidr.PrefixLength < 31 && (address == subnet.Cidr.Network || address == subnet.Cidr.Broadcast))
            problem($"{cell} is the network or broadcast address of subnet {subnet.Name}");
        return (reservation, ended);
    }

    /// <summary>What the rules of machines say of the row as a whole.</summary>
    private IEnumerable<(string Column, string Message)> Check(Machine? old, Machine wanted)
    {
        try
        {
            if (old is null) MachineRules.Create(wanted, _catalog, _now, discovered: false, new ChangeOptions(), secret: "");
            else MachineRules.Update(old, wanted, _catalog, _now, new ChangeOptions());
            return [];
        }
        catch (ApiException e)
        {
            return e.Error.Messages.Select(m => (ColumnOf(m), m));
        }
    }

    private static string ColumnOf(string message) => message switch
    {
        _ when message.Contains("Invalid Name", StringComparison.Ordinal) => "Name",
        _ when message.Contains("Hardware Address", StringComparison.Ordinal) => "MACs",
        _ when message.Contains("ootenv", StringComparison.Ordinal) => "BootEnv",
        _ when message.Contains("Workflow", StringComparison.Ordinal) => "Workflow",
        _ when message.Contains("rofile", StringComparison.Ordinal) => "Profiles",
        _ when message.Contains("Address", StringComparison.Ordinal) => "Address",
        _ => "",
    };

    private static List<SheetChange> Changes(Machine before, Machine wanted)
    {
        var changes = new List<SheetChange>();
        foreach (var column in SheetColumn.Standard) Compare(column);
        foreach (var name in before.Params.Keys.Union(wanted.Params.Keys).Where(n => n != SheetColumn.BmcParam)
            .Order(StringComparer.Ordinal)) Compare(SheetColumn.Of(name));
        return changes;

        void Compare(SheetColumn column)
        {
            var (from, to) = (Text(before, column), Text(wanted, column));
            if (from != to) changes.Add(new SheetChange(column.Title, from, to));
        }
    }

    /// <summary>A machine's field as a cell of an export, from which an import makes the very same value.</summary>
    public static string Cell(Machine machine, SheetColumn column, CatalogSnapshot catalog) => column.Field switch
    {
        SheetField.Description => SheetText.Write(machine.Description),
        SheetField.Param when machine.Params.TryGetValue(column.Param, out var value) =>
            SheetText.Write(value, IsText(column.Param, catalog)),
        _ => Text(machine, column),
    };

    /// <summary>True for a param whose schema asks for a text: its cells are texts and no JSON.</summary>
    private static bool IsText(string param, CatalogSnapshot catalog)
        => catalog.Params.TryGetValue(param, out var known) && known.Schema.ValueKind == JsonValueKind.Object
            && known.Schema.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String && type.GetString() == "string";

    /// <summary>A machine's field as a report shows it.</summary>
    public static string Text(Machine machine, SheetColumn column) => column.Field switch
    {
        SheetField.Name => machine.Name,
        SheetField.Macs => string.Join(' ', machine.HardwareAddrs),
        SheetField.Address => machine.Address,
        SheetField.Profiles => string.Join(", ", machine.Profiles),
        SheetField.Workflow => machine.Workflow,
        SheetField.BootEnv => machine.BootEnv,
        SheetField.Arch => machine.Arch,
        SheetField.Description => machine.Description,
        _ => machine.Params.TryGetValue(column.Param, out var value)
            ? value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText() : "",
    };

    private static SheetColumn Standard(SheetField field) => SheetColumn.Standard.First(c => c.Field == field);

    /// <summary>Profiles by their names, between which there are commas, or blanks where a name has none.</summary>
    private IEnumerable<string> Profiles(string text)
        => text.Split(Commas, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .SelectMany(p => _catalog.Profiles.ContainsKey(p) ? [p] : Split(p));

    private static string[] Split(string text) => text.Split(Separators, StringSplitOptions.RemoveEmptyEntries);
}
