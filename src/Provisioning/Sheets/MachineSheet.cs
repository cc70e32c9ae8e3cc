using System.Text.Json;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Machines;
using Anvil.Provisioning.Network;

namespace Anvil.Provisioning.Sheets;

/// <summary>
/// What a sheet of machines comes to: which are made, which change and how, and what is wrong with which cell. A row means the machine
/// of its name, else the one with one of its MAC addresses (<see cref="SheetClaims"/>). An empty cell leaves a field as it is, `-` empties
/// it. MAC addresses are added, and taken away only where another row gets them. Workflow and boot environment are where a machine begins:
/// a row that was imported before moves it only when the sheet's value has changed since, so that the same sheet, imported again, installs
/// nothing anew.
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
    public const int MostMacs = 4096;

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

    /// <summary>What empties a field.</summary>
    internal const string Clear = "-";

    /// <summary>What follows an address that is kept for nobody.</summary>
    private const string Unreserved = " unreserved";

    private static readonly char[] Separators = [' ', ',', ';', '\n', '\r', '\t', '\u00a0', '\u202f'];
    private static readonly char[] Commas = [',', ';', '\n', '\r', '\t'];
    private readonly IReadOnlyList<SheetColumn> _columns;
    private readonly CatalogSnapshot _catalog;
    private readonly MachinesOfSheet _known;
    private readonly IReservations _reservations;
    private readonly ParamKeys _keys;
    private readonly DateTimeOffset _now;
    private readonly SheetClaims _claims;
    private readonly Dictionary<string, int> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _macs = new(StringComparer.Ordinal);
    private readonly Dictionary<uint, int> _addresses = [];

    /// <summary>Whether a param's column is one of truths.</summary>
    private readonly Dictionary<string, bool> _truths = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _machines = new(StringComparer.Ordinal);

    private readonly Func<string> _newUuid;
    private ChangeOptions _options = new();

    private MachineSheet(IReadOnlyList<SheetColumn> columns, CatalogSnapshot catalog, MachinesOfSheet known, IReservations reservations,
        ParamKeys keys, DateTimeOffset now, Func<string> newUuid, SheetClaims claims)
    {
        (_columns, _catalog, _known, _reservations, _keys, _now) = (columns, catalog, known, reservations, keys, now);
        (_newUuid, _claims) = (newUuid, claims);
    }

    /// <summary>The columns of a header.</summary>
    /// <param name="header">Titles.</param>
    /// <param name="problems">Gets what is wrong with them.</param>
    public static IReadOnlyList<SheetColumn> Columns(IReadOnlyList<string> header, List<SheetProblem> problems)
    {
        if (header.Count > MostColumns) throw new SheetException($"a sheet has at most {MostColumns} columns");
        var columns = new List<SheetColumn>();
        foreach (var title in header)
        {
            var column = IsStorable(title) ? SheetColumn.Parse(title) : null;
            if (column is null)
                problems.Add(new SheetProblem(1, SheetColumn.Short(title, LongestProblem),
                    title.Trim().Length == 0 ? "a column without a name"
                        : $"no such column; there are {string.Join(", ", SheetColumn.Standard.Select(c => c.Title))}, param:NAME and "
                            + SheetColumn.Rest.Title));
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
            Params = (columns.Contains(SheetColumn.Rest) ? machine.Params.Keys
                    : columns.Where(c => IsParam(c) && machine.Params.ContainsKey(c.Param)).Select(c => c.Param)
                        .Distinct(StringComparer.Ordinal))
                .ToDictionary(p => p, p => machine.Params[p].Clone(), StringComparer.Ordinal),
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
    /// <param name="newUuid">Makes the uuid of a machine that is not there yet.</param>
    /// <param name="rights">The rights that what the sheet chooses is held to; null for who has all.</param>
    /// <param name="by">The user who imports it; "" for nobody's.</param>
    public static IEnumerable<RowPlan> Plan(Sheet sheet, IReadOnlyList<SheetColumn> columns, MachinesOfSheet known,
        CatalogSnapshot catalog, IReservations reservations, ParamKeys keys, DateTimeOffset now, Func<string> newUuid,
        Rights? rights = null, string by = "")
    {
        var plan = new MachineSheet(columns, catalog, known, reservations, keys, now, newUuid, new SheetClaims(
            sheet.Rows.Select(r => Claim(r, columns)), known, reservations,
            address => catalog.SubnetOf(address) is { Proxy: false }))
        {
            _options = new ChangeOptions { Rights = rights, By = by },
        };
        var together = new SortedDictionary<int, List<RowPlan>>();
        for (var i = 0; i < sheet.Rows.Count; i++)
        {
            var claim = plan._claims.Rows[i];
            var row = plan.Plan(sheet.Rows[i], claim) with { Step = claim.Step };
            if (claim.Step == 0) yield return row;
            else if (together.TryGetValue(claim.Step, out var rows)) rows.Add(row);
            else together[claim.Step] = [row];
        }

        // What one of them gives up is what another takes: they are right together, or none is.
        foreach (var rows in together.Values)
        {
            var bad = rows.Find(r => r.Action == RowAction.Refuse);
            foreach (var row in rows)
            {
                yield return bad is null || row.Action == RowAction.Refuse ? row : row with
                {
                    Action = RowAction.Refuse,
                    Problems = [new SheetProblem(row.Row, "", $"it goes together with row {bad.Row}, which is bad")],
                };
            }
        }
    }

    /// <summary>What a row names.</summary>
    private static RowClaim Claim(SheetRow row, IReadOnlyList<SheetColumn> columns)
    {
        string Cell(SheetField field) => columns.Zip(row.Cells).FirstOrDefault(c => c.First.Field == field).Second?.Trim() ?? "";
        return new RowClaim(row.Number, Cell(SheetField.Name), Macs(Cell(SheetField.Macs), _ => { }), Cell(SheetField.Address));
    }

    private RowPlan Plan(SheetRow row, RowClaim claim)
    {
        var problems = new List<SheetProblem>();
        void Problem(SheetColumn column, string message) => Tell(problems, row.Number, column.Title, message);
        foreach (var fault in row.Faults)
            Tell(problems, row.Number, fault.Column < _columns.Count ? _columns[fault.Column].Title : "", fault.Message);
        foreach (var (column, text) in _columns.Zip(row.Cells, (column, text) => (column, text.Trim())))
        {
            if (SheetText.IsError(text)) Problem(column, SheetText.ErrorOf(text));
        }

        // What else is wrong with the row follows from that.
        if (problems.Count > 0) return new RowPlan(row.Number, "", RowAction.Refuse, new Machine(), [], problems);
        if (row.Cells.Skip(_columns.Count).Any(c => c.Trim().Length > 0))
            problems.Add(new SheetProblem(row.Number, "", "more cells than the header has columns"));
        var cells = _columns.Zip(row.Cells, (column, text) => (Column: column, Text: text.Trim())).Where(c => c.Text.Length > 0).ToList();
        string Cell(SheetField field) => cells.FirstOrDefault(c => c.Column.Field == field).Text ?? "";

        var name = Cell(SheetField.Name);
        var macs = Macs(Cell(SheetField.Macs), m => Problem(Standard(SheetField.Macs), m));
        var old = claim.Machine;
        foreach (var mac in macs)
        {
            if (_known.With(mac) is { } other && other.Uuid != old?.Uuid && !_claims.IsGiven(mac, other))
                Problem(Standard(SheetField.Macs), $"{mac} belongs to machine {other.Name}");
        }

        if (old is null && name.Length == 0 && problems.Count == 0)
            Problem(Standard(SheetField.Name),
                macs.Count == 0 ? "a name or a MAC address is needed" : "no machine has this MAC address: a new one needs a name");
        // Two machines of an older version may have one name in two cases; the sheet that says so is theirs.
        if (old?.Name != name)
            Once(_names, NameRules.Fold(name), row.Number, twice => Problem(Standard(SheetField.Name), $"row {twice} has this name, too"));
        else _names.TryAdd(NameRules.Fold(name), row.Number);
        foreach (var mac in macs) Once(_macs, mac, row.Number, twice => Problem(Standard(SheetField.Macs), $"row {twice} has {mac}, too"));
        if (old is not null)
            Once(_machines, old.Uuid, row.Number,
                twice => Problem(Standard(SheetField.Name), $"row {twice} means machine {old.Name}, too"));

        // A machine that is not there yet is made on nothing but its uuid.
        var before = old ?? new Machine { Uuid = _newUuid() };
        var wanted = before with
        {
            Name = name.Length > 0 ? name : before.Name,
            HardwareAddrs = old is null ? macs : claim.Cards,
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
        var (reservation, ended) = Reserve(before, wanted, claim, row.Number, m => Problem(Standard(SheetField.Address), m));
        var changes = Changes(before, wanted);
        // A row that says what is so is right whatever the rules say of it by now: a machine may be locked, or older than a rule.
        if (problems.Count == 0 && (old is null || changes.Count > 0))
        {
            foreach (var (title, message) in Check(old, wanted)) Tell(problems, row.Number, title, message);
        }

        if (reservation is not null) changes.Add(new SheetChange("Reservation", "", $"{reservation.Addr} for {reservation.Token}"));
        var action = problems.Count > 0 ? RowAction.Refuse
            : old is null ? RowAction.Create : changes.Count > 0 || ended.Count > 0 ? RowAction.Update : RowAction.None;
        return new RowPlan(row.Number, wanted.Name, action, wanted, changes, problems)
        {
            Reservation = reservation,
            EndedReservations = ended
        };
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
        // What a machine has already, as an export writes it, is no claim that could be wrong.
        var isSo = column.Field is not (SheetField.Address or SheetField.Params) && text == Cell(before, column, _catalog);
        if (isSo && column.Field is not (SheetField.Workflow or SheetField.BootEnv)) return machine;
        switch (column.Field)
        {
            case SheetField.Address:
                var (wanted, _) = AddressIn(text);
                if (!isClear && wanted != before.Address && !(IPv4.TryParse(wanted, out var address) && IPv4.IsGlobalUnicast(address)))
                    problem($"{wanted} is not an IPv4 address that a machine can have");
                return machine with { Address = isClear ? "" : wanted };
            case SheetField.Profiles:
                var profiles = Profiles(value, before).ToList();
                foreach (var missing in profiles.Where(p => !_catalog.Profiles.ContainsKey(p)).Except(before.Profiles))
                    problem($"there is no profile {missing}");
                return machine with { Profiles = [.. profiles.Distinct(StringComparer.Ordinal)] };
            case SheetField.Workflow:
                if (!isClear && !isSo && !_catalog.Workflows.ContainsKey(text)) problem($"there is no workflow {text}");
                return Begins(machine, before, WorkflowMemory, value) is { } moved ? moved with { Workflow = value } : machine;
            case SheetField.BootEnv:
                if (!isClear && !isSo && !_catalog.BootEnvs.ContainsKey(text)) problem($"there is no boot environment {text}");
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

                if (!isClear && !IsBmc(text)) problem($"{text} is neither an address nor a host name");
                Set(parameters, SheetColumn.BmcParam, isClear ? null : JsonSerializer.SerializeToElement(text));
                return machine;
            case SheetField.Param:
                Set(parameters, column.Param, isClear ? null : Value(machine, column.Param, text, problem));
                return machine;
            case SheetField.Params:
                if (SheetText.Value(text, isText: false) is not { ValueKind: JsonValueKind.Object } all)
                {
                    problem("it holds params by name, as one JSON object");
                    return machine;
                }

                foreach (var member in all.EnumerateObject())
                {
                    if (!before.Params.TryGetValue(member.Name, out var had) || !IsSame(had, member.Value))
                        Set(parameters, member.Name, Checked(machine, member.Name, member.Value, problem));
                }

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
        if (SealedIn(name, text) is { } hidden) return Own(machine, hidden, problem);
        if (SheetTruths.Of(text) is { } truth && MeansTruth(machine, name))
            return Checked(machine, name, JsonSerializer.SerializeToElement(truth), problem);
        var value = SheetText.Value(text, IsText(name, _catalog));
        // A schema may allow texts among others, or some texts only: 1 is then what it takes.
        if (value.ValueKind != JsonValueKind.String && Wrong(name, value).Any()
            && SheetText.Value(text, isText: true) is var plain && !Wrong(name, plain).Any()) value = plain;
        return Checked(machine, name, value, problem);
    }

    /// <summary>
    /// True where a word of truth is one: the param's schema asks for it; or it has none that says what it is, and the machine has a truth
    /// there, or has nothing while every machine of the sheet that has something has a truth: a spreadsheet program writes TRUE or WAHR
    /// where it read true.
    /// </summary>
    private bool MeansTruth(Machine machine, string name)
    {
        if (Is(name, "boolean", _catalog)) return true;
        if (_catalog.Params.TryGetValue(name, out var param) && param.Schema.ValueKind == JsonValueKind.Object
            && param.Schema.TryGetProperty("type", out _)) return false;
        if (machine.Params.TryGetValue(name, out var had)) return IsTruth(had);
        if (_truths.TryGetValue(name, out var isOfTruths)) return isOfTruths;
        var all = _claims.Rows.Select(r => r.Machine is { } known && known.Params.TryGetValue(name, out var value) ? value : default)
            .Where(v => v.ValueKind != JsonValueKind.Undefined).ToList();
        return _truths[name] = all.Count > 0 && all.TrueForAll(IsTruth);
    }

    private static bool IsTruth(JsonElement value) => value.ValueKind is JsonValueKind.True or JsonValueKind.False;

    private IEnumerable<string> Wrong(string name, JsonElement value)
        => CatalogRules.Values(new Dictionary<string, JsonElement>(StringComparer.Ordinal) { [name] = value }, _catalog);

    private JsonElement Checked(Machine machine, string name, JsonElement value, Action<string> problem)
    {
        if (_catalog.IsSecure(name) && SecureParams.IsSealed(value))
            return Own(machine, value, problem);
        foreach (var wrong in Wrong(name, value)) problem(wrong);
        return value;
    }

    /// <summary>What a cell holds of a secure param as an export writes it; null where it holds it in clear.</summary>
    private JsonElement? SealedIn(string name, string text)
        => _catalog.IsSecure(name) && text.StartsWith('{')
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
    private (Reservation? Reservation, IReadOnlyList<string> Ended) Reserve(Machine before, Machine wanted, RowClaim claim, int row,
        Action<string> problem)
    {
        var cell = _claims.AddressOf(claim);
        if (cell.Length == 0) return (null, []);
        var ended = _claims.Ended(claim).Select(r => r.Key).ToList();
        if (cell == Clear) return (null, ended);
        var (text, isReserved) = AddressIn(cell);
        if (!IPv4.TryParse(text, out var address)) return (null, []);
        if (text != before.Address
            && _known.At(address).FirstOrDefault(m => m.Uuid != before.Uuid && !_claims.LeavesAddress(m)) is { } holder)
        {
            problem($"{text} is that of machine {holder.Name}");
            return (null, []);
        }

        // Those that have it already, by somebody's word, say what is so.
        if (isReserved || text != before.Address) Once(_addresses, address, row, twice => problem($"row {twice} has this address, too"));
        if (!isReserved) return (null, []);
        var subnet = _catalog.SubnetOf(address);
        if (subnet is null || subnet.Proxy) return (null, []);
        var key = IPv4.Hex(address);
        if (wanted.HardwareAddrs.SelectMany(_reservations.Of).Any(r => r.Key == key && !_claims.IsFreed(r))) return (null, []);
        if (_reservations.At(address) is { } other && !_claims.IsFreed(other))
        {
            problem($"{text} is reserved for {other.Token}");
            return (null, []);
        }

        if (wanted.HardwareAddrs.Count == 0)
        {
            // A machine that has the address already, and no card that DHCP could give it to, has it by somebody's word.
            if (text != before.Address) problem("a MAC address is needed: DHCP gives the address to it");
            return (null, []);
        }

        // What its client is told goes along within a subnet; another one has other routers.
        var former = _claims.Ended(claim).FirstOrDefault(r => IPv4.TryParse(r.Addr, out var had) && _catalog.SubnetOf(had) == subnet);
        var reservation = (former ?? new Reservation()) with
        {
            Addr = text,
            Token = wanted.HardwareAddrs[0],
            Strategy = "MAC",
            Description = wanted.Name,
            Subnet = "",
        };
        if (subnet.Cidr.PrefixLength < 31 && (address == subnet.Cidr.Network || address == subnet.Cidr.Broadcast))
            problem($"{text} is the network or broadcast address of subnet {subnet.Name}");
        return (reservation, ended);
    }

    /// <summary>What the rules of machines say of the row as a whole.</summary>
    private IEnumerable<(string Column, string Message)> Check(Machine? old, Machine wanted)
    {
        try
        {
            if (old is null) MachineRules.Create(wanted, _catalog, _now, discovered: false, _options, secret: "");
            else MachineRules.Update(old, wanted, _catalog, _now, _options);
            return [];
        }
        catch (ApiException e)
        {
            return e.Error.Messages.Select(m => (ColumnOf(m), m));
        }
    }

    private static string ColumnOf(string message) => message switch
    {
        // Stages and tasks are a workflow's.
        _ when message.StartsWith("Task ", StringComparison.Ordinal) => "Workflow",
        _ when message.StartsWith("Stage ", StringComparison.Ordinal) => "Workflow",
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
        foreach (var column in SheetColumn.Standard.Where(c => !IsParam(c)))
        {
            var (from, to) = (Text(before, column), Text(wanted, column));
            if (from != to) changes.Add(new SheetChange(column.Title, from, to));
        }

        foreach (var name in before.Params.Keys.Union(wanted.Params.Keys).Order(StringComparer.Ordinal))
        {
            var column = name == SheetColumn.BmcParam ? Standard(SheetField.Bmc) : SheetColumn.Of(name);
            var (from, to) = (Shown(before, name), Shown(wanted, name));
            if (!(before.Params.TryGetValue(name, out var had) && wanted.Params.TryGetValue(name, out var has) && IsSame(had, has)))
                changes.Add(new SheetChange(column.Title, from, to));
        }

        return changes;

        // A text that looks like another value is shown as JSON where the two would look the same.
        static string Shown(Machine machine, string name)
            => machine.Params.TryGetValue(name, out var value) ? SheetText.Write(value, isText: false) : "";
    }

    /// <summary>True for one value in two writings: a text by its characters, a number by its digits.</summary>
    private static bool IsSame(JsonElement one, JsonElement other)
        => one.ValueKind == other.ValueKind && (one.ValueKind switch
        {
            JsonValueKind.String => one.GetString() == other.GetString(),
            JsonValueKind.Number => one.GetRawText() == other.GetRawText(),
            _ => one.GetRawText() == other.GetRawText() || JsonElement.DeepEquals(one, other),
        });

    /// <summary>An address as a cell holds it: with the word after it, it is the machine's, and DHCP keeps it for nobody.</summary>
    internal static (string Address, bool IsReserved) AddressIn(string cell)
        => cell.EndsWith(Unreserved, StringComparison.OrdinalIgnoreCase) ? (cell[..^Unreserved.Length].TrimEnd(), false) : (cell, true);

    private static bool IsParam(SheetColumn column) => column.Field is SheetField.Param or SheetField.Bmc;

    /// <summary>True for what the column of BMCs can hold: an address or a host name.</summary>
    private static bool IsBmc(string text) => text.Length is > 0 and <= NameRules.LongestHostName && text != Clear
        && !SheetText.IsError(text) && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or ':' or '_');

    /// <summary>True for a machine whose BMC is told in the column of BMCs, and not in one of its param.</summary>
    private static bool HasPlainBmc(Machine machine, CatalogSnapshot catalog)
        => machine.Params.TryGetValue(SheetColumn.BmcParam, out var value)
            && (value.ValueKind == JsonValueKind.String ? IsBmc(value.GetString()!)
                : catalog.IsSecure(SheetColumn.BmcParam) && SecureParams.IsSealed(value));

    /// <summary>
    /// The columns of an export: the standard ones, and one for each param that a machine has, as far as a sheet has columns; those
    /// that are left share the last one. Without what Sledgehammer finds out.
    /// </summary>
    /// <param name="machines">The machines; one may be gone when the next one comes.</param>
    /// <param name="catalog">The catalog.</param>
    /// <param name="cancellation">Ends it.</param>
    public static async Task<IReadOnlyList<SheetColumn>> ExportedAsync(IAsyncEnumerable<Machine> machines, CatalogSnapshot catalog,
        CancellationToken cancellation)
    {
        var names = new SortedSet<string>(StringComparer.Ordinal);
        await foreach (var machine in machines.WithCancellation(cancellation))
            names.UnionWith(machine.Params.Keys.Where(n => IsExported(machine, n, catalog)));
        var most = MostColumns - SheetColumn.Standard.Count;
        return names.Count <= most ? [.. SheetColumn.Standard, .. names.Select(SheetColumn.Of)]
            : [.. SheetColumn.Standard, .. names.Take(most - 1).Select(SheetColumn.Of), SheetColumn.Rest];
    }

    /// <summary>A machine's row of an export; an import of it changes nothing, and makes the very same values elsewhere.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="columns">The columns.</param>
    /// <param name="catalog">The catalog.</param>
    /// <param name="reservations">The reservations that its address and its MAC addresses lead to.</param>
    public static IReadOnlyList<string> Exported(Machine machine, IReadOnlyList<SheetColumn> columns, CatalogSnapshot catalog,
        IReservations reservations)
    {
        return [.. columns.Select(c => c.Field switch
        {
            // A workflow says what is booted: the boot environment is told only where there is none.
            SheetField.BootEnv when machine.Workflow.Length > 0 => "",
            SheetField.Address when IsOnLoan() => machine.Address + Unreserved,
            SheetField.Param when !IsExported(machine, c.Param, catalog) => "",
            SheetField.Params => Rest(),
            _ => Cell(machine, c, catalog),
        })];

        // An address of a network that DHCP serves, and that is kept for none of the machine's cards.
        bool IsOnLoan() => IPv4.TryParse(machine.Address, out var address) && catalog.SubnetOf(address) is { Proxy: false }
            && !machine.HardwareAddrs.SelectMany(reservations.Of).Any(r => r.Key == IPv4.Hex(address));

        string Rest()
        {
            var named = columns.Where(c => c.Field == SheetField.Param).Select(c => c.Param).ToHashSet(StringComparer.Ordinal);
            // As they are stored, so that numbers keep their digits.
            var left = machine.Params.Where(p => !named.Contains(p.Key) && IsExported(machine, p.Key, catalog))
                .OrderBy(p => p.Key, StringComparer.Ordinal)
                .Select(p => $"{JsonSerializer.Serialize(p.Key, Json.Options)}:{p.Value.GetRawText()}").ToList();
            return left.Count == 0 ? "" : $"{{{string.Join(',', left)}}}";
        }
    }

    private static bool IsExported(Machine machine, string param, CatalogSnapshot catalog)
        => !MachineRules.IsFact(param) && !(param == SheetColumn.BmcParam && HasPlainBmc(machine, catalog));

    /// <summary>A machine's field as a cell of an export, from which an import makes the very same value.</summary>
    public static string Cell(Machine machine, SheetColumn column, CatalogSnapshot catalog) => column.Field switch
    {
        SheetField.Description => SheetText.Write(machine.Description),
        SheetField.Bmc => HasPlainBmc(machine, catalog) ? Text(machine, column) : "",
        SheetField.Param when machine.Params.TryGetValue(column.Param, out var value) =>
            SheetText.Write(value, IsText(column.Param, catalog)),
        _ => Text(machine, column),
    };

    /// <summary>True for a param whose schema asks for a text: its cells are texts and no JSON.</summary>
    private static bool IsText(string param, CatalogSnapshot catalog) => Is(param, "string", catalog);

    private static bool Is(string param, string wanted, CatalogSnapshot catalog)
        => catalog.Params.TryGetValue(param, out var known) && known.Schema.ValueKind == JsonValueKind.Object
            && known.Schema.TryGetProperty("type", out var type) && (type.ValueKind == JsonValueKind.String ? type.GetString() == wanted
                : type.ValueKind == JsonValueKind.Array && wanted == "boolean" && type.EnumerateArray().Any(t => t.ValueEquals(wanted)));

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
    private IEnumerable<string> Profiles(string text, Machine before)
        => text.Split(Commas, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .SelectMany(p => _catalog.Profiles.ContainsKey(p) || before.Profiles.Contains(p) ? [p] : Split(p));

    private static string[] Split(string text) => text.Split(Separators, StringSplitOptions.RemoveEmptyEntries);
}
