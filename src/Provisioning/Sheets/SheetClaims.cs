using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Machines;
using Anvil.Provisioning.Network;

namespace Anvil.Provisioning.Sheets;

/// <summary>
/// Which machine each row of a sheet means, and which rows go together, since one takes a name, a MAC address or an address that another
/// gives up: swaps, chains and rings. A sheet says what is so when it is done, whatever the order of its rows.
/// </summary>
internal sealed class SheetClaims
{
    private readonly List<RowClaim> _rows;
    private readonly MachinesOfSheet _known;
    private readonly IReservations _reservations;
    private readonly Func<uint, bool> _isServed;
    private readonly Dictionary<string, RowClaim> _byMachine = new(StringComparer.Ordinal);
    private readonly Dictionary<string, RowClaim> _freed = new(StringComparer.Ordinal);
    private readonly Dictionary<RowClaim, RowClaim> _together = new(ReferenceEqualityComparer.Instance);

    /// <summary>Looks at all rows.</summary>
    /// <param name="rows">What each names, in their order.</param>
    /// <param name="known">The machines that they lead to.</param>
    /// <param name="reservations">The reservations that they lead to.</param>
    /// <param name="isServed">True for an address that DHCP gives by reservations.</param>
    public SheetClaims(IEnumerable<RowClaim> rows, MachinesOfSheet known, IReservations reservations, Func<uint, bool> isServed)
    {
        (_known, _reservations, _isServed) = (known, reservations, isServed);
        _rows = [.. rows.Select(r => r with { Named = r.Name.Length > 0 ? known.Named(r.Name) : null, Carded = OneOf(r.Macs) })];
        Assign();
        foreach (var row in _rows) if (row.Machine is { } machine) _byMachine.TryAdd(machine.Uuid, row);
        Give();
        foreach (var row in _rows) Free(row);
        foreach (var row in _rows) Join(row);
        Number();
    }

    /// <summary>The rows, in their order.</summary>
    public IReadOnlyList<RowClaim> Rows => _rows;

    /// <summary>True when a MAC address of another machine is given to a row by that machine's own.</summary>
    public bool IsGiven(string mac, Machine by) => _byMachine.TryGetValue(by.Uuid, out var row) && row.Given.Contains(mac);

    /// <summary>True when a reservation ends by the sheet, whoever has it.</summary>
    public bool IsFreed(Reservation reservation) => _freed.ContainsKey(reservation.Key);

    /// <summary>True when a machine has another address, or none, after the sheet.</summary>
    public bool LeavesAddress(Machine machine)
        => _byMachine.TryGetValue(machine.Uuid, out var row) && row.Address.Length > 0 && AddressAfter(row) != machine.Address;

    /// <summary>The cell of a row's address; where a card that it was kept for goes, the machine keeps it for the next one.</summary>
    public string AddressOf(RowClaim row)
        => row.Address.Length == 0 && row.Machine is { } machine && IPv4.TryParse(machine.Address, out var address)
            && _reservations.At(address) is { ReadOnly: false } kept && row.Given.Contains(kept.Token) && row.Cards.Count > 0
            ? machine.Address : row.Address;

    /// <summary>The reservations of a machine's own that end, since it gets another address, or none.</summary>
    public IEnumerable<Reservation> Ended(RowClaim row)
    {
        var cell = AddressOf(row);
        if (cell.Length == 0 || row.Machine is null) return [];
        var held = row.Machine.HardwareAddrs.SelectMany(_reservations.Of).Where(r => !r.ReadOnly).ToList();
        if (cell == MachineSheet.Clear) return held;
        var (address, isReserved) = MachineSheet.AddressIn(cell);
        if (!isReserved || !IPv4.TryParse(address, out var wanted) || !_isServed(wanted)) return [];
        // A card has one; one that goes with its card is told anew for the machine that has the card then.
        return held.Where(r => (r.Key != IPv4.Hex(wanted) && r.Token == row.Cards.FirstOrDefault()) || row.Given.Contains(r.Token));
    }

    private static string AddressAfter(RowClaim row)
        => row.Address == MachineSheet.Clear ? "" : MachineSheet.AddressIn(row.Address).Address;

    private Machine? OneOf(IReadOnlyList<string> macs)
    {
        Machine? one = null;
        foreach (var mac in macs)
        {
            if (_known.With(mac) is not { } machine) continue;
            if (one is not null && one.Uuid != machine.Uuid) return null;
            one = machine;
        }

        return one;
    }

    /// <summary>
    /// A row means the machine of its name, else the one of its MAC addresses. Where these are two, the latter is renamed, if the sheet
    /// gives the former another name: in a ring of names each machine keeps its cards.
    /// </summary>
    private void Assign()
    {
        var renaming = _rows.Where(r => r.Carded is not null && r.Name.Length > 0 && r.Named?.Uuid != r.Carded.Uuid)
            .ToHashSet<RowClaim>(ReferenceEqualityComparer.Instance);
        var byCards = renaming.ToLookup(r => r.Carded!.Uuid, StringComparer.Ordinal);
        var byName = renaming.Where(r => r.Named is not null).ToLookup(r => r.Named!.Uuid, StringComparer.Ordinal);
        var claims = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var row in _rows.Where(r => !renaming.Contains(r)))
            if ((row.Named ?? row.Carded) is { } meant) claims[meant.Uuid] = claims.GetValueOrDefault(meant.Uuid) + 1;
        var open = new Queue<RowClaim>(renaming);
        while (open.TryDequeue(out var row))
        {
            if (!renaming.Contains(row)) continue;
            var isAlone = !claims.ContainsKey(row.Carded!.Uuid) && byCards[row.Carded.Uuid].Count(renaming.Contains) == 1;
            var isFree = row.Named is null || byCards[row.Named.Uuid].Any(renaming.Contains);
            if (isAlone && isFree) continue;
            renaming.Remove(row);
            if (row.Named is not null) claims[row.Named.Uuid] = claims.GetValueOrDefault(row.Named.Uuid) + 1;
            // Who waited for the name, and who wanted the same machine, or this one's.
            foreach (var other in byName[row.Carded.Uuid].Concat(row.Named is null ? [] : byCards[row.Named.Uuid])) open.Enqueue(other);
        }

        foreach (var row in _rows)
        {
            row.Machine = renaming.Contains(row) ? row.Carded : row.Named ?? (row.Name.Length == 0 ? row.Carded : null);
            // A name that no machine has, and a card that nobody gives away: what the card's machine is called is changed.
            if (row.Machine is null && row.Carded is { } carded && !claims.ContainsKey(carded.Uuid)) row.Machine = carded;
        }
    }

    /// <summary>A machine gives a card away when its own row names its cards without that one, and another row names it.</summary>
    private void Give()
    {
        foreach (var row in _rows)
        {
            foreach (var mac in row.Macs)
            {
                if (_known.With(mac) is not { } owner || owner.Uuid == row.Machine?.Uuid) continue;
                if (_byMachine.TryGetValue(owner.Uuid, out var own) && own.Macs.Count > 0
                    && !own.Macs.Contains(mac, StringComparer.Ordinal) && !own.Given.Contains(mac)) own.Given.Add(mac);
            }
        }
    }

    private void Free(RowClaim row)
    {
        foreach (var reservation in Ended(row)) _freed.TryAdd(reservation.Key, row);
    }

    private void Join(RowClaim row)
    {
        void With(Machine? owner)
        {
            if (owner is not null && owner.Uuid != row.Machine?.Uuid && _byMachine.TryGetValue(owner.Uuid, out var other))
                Unite(row, other);
        }

        if (row.Named is { } named && named.Uuid != row.Machine?.Uuid) With(named);
        foreach (var mac in row.Macs.Where(m => _known.With(m) is { } owner && IsGiven(m, owner))) With(_known.With(mac));
        var (text, _) = MachineSheet.AddressIn(AddressOf(row));
        if (!IPv4.TryParse(text, out var address)) return;
        foreach (var holder in _known.At(address).Where(LeavesAddress)) With(holder);
        if (_reservations.At(address) is { } kept && _freed.TryGetValue(kept.Key, out var giver) && !ReferenceEquals(giver, row))
            Unite(row, giver);
    }

    private RowClaim Root(RowClaim row)
    {
        while (_together.TryGetValue(row, out var next))
        {
            // Halved, so that a chain of a whole sheet is not walked again and again.
            if (_together.TryGetValue(next, out var further)) _together[row] = further;
            row = next;
        }

        return row;
    }

    private void Unite(RowClaim one, RowClaim other)
    {
        var (root, with) = (Root(one), Root(other));
        if (!ReferenceEquals(root, with)) _together[root] = with;
    }

    private void Number()
    {
        var steps = new Dictionary<RowClaim, int>(ReferenceEqualityComparer.Instance);
        var roots = _together.Keys.Select(Root).ToHashSet<RowClaim>(ReferenceEqualityComparer.Instance);
        foreach (var row in _rows)
        {
            var root = Root(row);
            if (!roots.Contains(root)) continue;
            if (!steps.TryGetValue(root, out var step)) steps[root] = step = steps.Count + 1;
            row.Step = step;
        }
    }
}
