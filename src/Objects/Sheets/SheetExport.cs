using System.Runtime.CompilerServices;
using Anvil.Contracts.Catalog;
using Anvil.Contracts.Machines;
using Anvil.Contracts.Subnets;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Lists;
using Anvil.Provisioning.Machines;
using Anvil.Provisioning.Network;
using Anvil.Provisioning.Sheets;

namespace Anvil.Objects.Sheets;

/// <summary>
/// The machines as a sheet that can be imported again: the standard columns, then one for each param that any machine has of its own.
/// </summary>
public sealed class SheetExport(IMachineQueries queries, IReservationStore reservations, ICatalog catalog, ParamKeys keys)
{
    private const int Page = 250;

    /// <summary>Words of an export.</summary>
    public static VerbWords Words { get; } = new("format");

    /// <summary>Refuses who may not read all machines that its tenant leaves it.</summary>
    /// <exception cref="Provisioning.Documents.ApiException">403 or 404.</exception>
    public void Require(ObjectRequest request)
    {
        foreach (var right in new[] { "list", "get" })
        {
            if (!request.Principal.HasRight("machines", right, "*")) throw request.Refusal("machines", right, "*");
        }
    }

    /// <summary>Header and rows, in the order of the machines' names.</summary>
    /// <param name="reach">What is reached of the machines, and of their reservations.</param>
    /// <param name="cancellation">Ends it.</param>
    public async IAsyncEnumerable<IReadOnlyList<string>> RowsAsync(Reach reach, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var known = catalog.Current;
        var columns = await MachineSheet.ExportedAsync(MachinesAsync(reach, cancellation), known, cancellation);
        yield return [.. columns.Select(c => c.Title)];
        await foreach (var page in MachinesAsync(reach, cancellation).Chunk(Page).WithCancellation(cancellation))
        {
            var addresses = page.Select(m => IPv4.TryParse(m.Address, out var address) ? address : (uint?)null).OfType<uint>().ToList();
            var cards = page.SelectMany(m => m.HardwareAddrs).ToHashSet(StringComparer.Ordinal);
            var found = await reservations.FindManyAsync(addresses, cards, cancellation);
            var reserved = new ReservationBook(reach.Limits("reservations") ? found.Where(r => cards.Contains(r.Token)) : found);
            foreach (var machine in page)
                yield return MachineSheet.Exported(MachineSheet.Sealed(machine, known, keys), columns, known, reserved);
        }
    }

    private async IAsyncEnumerable<Machine> MachinesAsync(Reach reach, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var query = new ListQuery(MachineFields.Table) { Sort = [MachineFields.Table["Name"]], Limit = Page };
        if (reach.Limits("machines"))
            query = query with { Among = new ListScope(MachineFields.Table["Uuid"], reach.KeysOf("machines")) };
        while (true)
        {
            var page = await queries.ListAsync(query, cancellation);
            foreach (var machine in page) yield return machine;
            if (page.Count < Page) yield break;
            query = query.From(Json.Element(page[^1]));
        }
    }
}
