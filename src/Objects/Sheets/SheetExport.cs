using System.Runtime.CompilerServices;
using Anvil.Contracts.Catalog;
using Anvil.Contracts.Machines;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Lists;
using Anvil.Provisioning.Machines;
using Anvil.Provisioning.Sheets;

namespace Anvil.Objects.Sheets;

/// <summary>
/// The machines as a sheet that can be imported again: the standard columns, then one for each param that any machine has of its own.
/// </summary>
public sealed class SheetExport(IMachineQueries queries, ICatalog catalog, ParamKeys keys)
{
    private const int Page = 250;

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
        var names = new SortedSet<string>(StringComparer.Ordinal);
        await foreach (var machine in MachinesAsync(cancellation)) names.UnionWith(machine.Params.Keys.Where(IsExported));
        List<SheetColumn> columns = [.. SheetColumn.Standard, .. names.Select(SheetColumn.Of)];
        yield return [.. columns.Select(c => c.Title)];
        var known = catalog.Current;
        await foreach (var machine in MachinesAsync(cancellation))
        {
            var shown = MachineSheet.Sealed(machine, known, keys);
            yield return [.. columns.Select(c => Cell(shown, c, known))];
        }
    }

    private static bool IsExported(string param) => param != SheetColumn.BmcParam && !MachineRules.IsFact(param);

    /// <summary>A workflow says what is booted: the boot environment is told only where there is none.</summary>
    private static string Cell(Machine machine, SheetColumn column, CatalogSnapshot known)
        => column.Field == SheetField.BootEnv && machine.Workflow.Length > 0 ? "" : MachineSheet.Cell(machine, column, known);

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
