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

    /// <summary>Refuses who may not read all machines.</summary>
    /// <exception cref="Provisioning.Documents.ApiException">403 or 404.</exception>
    public void Require(ObjectRequest request)
    {
        request.Require("machines", "list", "*");
        request.Require("machines", "get", "*");
    }

    /// <summary>Header and rows, in the order of the machines' names.</summary>
    public async IAsyncEnumerable<IReadOnlyList<string>> RowsAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        var known = catalog.Current;
        var columns = await MachineSheet.ExportedAsync(MachinesAsync(cancellation), known, cancellation);
        yield return [.. columns.Select(c => c.Title)];
        await foreach (var page in MachinesAsync(cancellation).Chunk(Page).WithCancellation(cancellation))
        {
            var addresses = page.Select(m => IPv4.TryParse(m.Address, out var address) ? address : (uint?)null).OfType<uint>().ToList();
            var reserved = new ReservationBook(await reservations.FindManyAsync(addresses, [.. page.SelectMany(m => m.HardwareAddrs)],
                cancellation));
            foreach (var machine in page)
                yield return MachineSheet.Exported(MachineSheet.Sealed(machine, known, keys), columns, known, reserved);
        }
    }

    private async IAsyncEnumerable<Machine> MachinesAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        var query = new ListQuery(MachineFields.Table) { Sort = [MachineFields.Table["Name"]], Limit = Page };
        while (true)
        {
            var page = await queries.ListAsync(query, cancellation);
            foreach (var machine in page) yield return machine;
            if (page.Count < Page) yield break;
            query = query.From(Json.Element(page[^1]));
        }
    }
}
