using System.Globalization;
using System.Text.Json;
using Anvil.Contracts;
using Anvil.Contracts.Catalog;
using Anvil.Contracts.Machines;
using Anvil.Contracts.Subnets;
using Anvil.Objects.Trials;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Lists;
using Anvil.Provisioning.Network;

namespace Anvil.Objects.Kinds;

/// <summary>
/// Reservations: read by their own indexes, changed by the catalog's one grain. Their version is the revision that wrote them.
/// </summary>
public sealed class ReservationObjects(IReservationStore store, GrainFinder grains, IMachineQueries machines, ChangeTrials trials)
    : IObjectKind
{
    /// <inheritdoc/>
    public string Prefix => "reservations";

    /// <inheritdoc/>
    public Type Document => typeof(Reservation);

    /// <inheritdoc/>
    public FieldTable Fields { get; } = CatalogRules.Kinds["reservations"].Fields;

    private ICatalogGrain Writer => grains.Catalog;

    /// <inheritdoc/>
    public async Task<ListPage<Document>> ListAsync(ListQuery query, CancellationToken cancellation)
    {
        var page = await store.PageAsync(query, cancellation);
        return new ListPage<Document>([.. page.Rows], page.Total, page.Filtered, page.Next);
    }

    /// <inheritdoc/>
    public async Task<FoundObject?> FindAsync(string text, ObjectRequest request, CancellationToken cancellation)
    {
        return LeaseObjects.TryAddress(KeyOf(text), out var address) && await store.ReadAsync(address, cancellation) is { } stored
            ? new FoundObject(stored.Reservation, Tag(stored.Revision), stored.Reservation.Key) { Revision = stored.Revision }
            : null;
    }

    /// <inheritdoc/>
    public Task<FoundObject?> FindAmongAsync(string text, IReadOnlyCollection<string> owners, ObjectRequest request,
        CancellationToken cancellation)
        => LeaseObjects.TryAddress(KeyOf(text), out var address) && owners.Contains(IPv4.Hex(address))
            ? FindAsync(text, request, cancellation) : Task.FromResult<FoundObject?>(null);

    /// <inheritdoc/>
    public async Task<FoundObject?> FindWithinAsync(string text, Reach reach, ObjectRequest request, CancellationToken cancellation)
        => await FindAsync(text, request, cancellation) is { } found && await MayMakeAsync(found.Document, reach, cancellation)
            ? found : null;

    /// <inheritdoc/>
    public ListScope? Within(Reach reach) => new(Fields["Token"], reach.KeysOf("machines")) { ByMac = true };

    /// <summary>One for a card of another tenant's machine would be that machine's address.</summary>
    public async Task<bool> MayMakeAsync(Document document, Reach reach, CancellationToken cancellation)
        => ReservationToken.TryNormalize(((Reservation)document).Token, out var token)
            && await machines.UuidOfMacAsync(token, cancellation) is { } machine && reach.Holds("machines", machine);

    /// <inheritdoc/>
    public Task<ChangedObject> CreateAsync(Document document, ObjectRequest request, CancellationToken cancellation)
        => CommitAsync(() => Writer.Make(new CatalogWrite(Prefix, "", document, request.Terms())));

    /// <inheritdoc/>
    public Task<ChangedObject> ReplaceAsync(FoundObject found, Document document, ObjectRequest request, CancellationToken cancellation)
        => CommitAsync(() => Writer.Replace(new CatalogWrite(Prefix, found.Document.Key, document, request.TermsOf(found))));

    /// <inheritdoc/>
    public Task<ChangedObject> PatchAsync(FoundObject found, JsonElement patch, ObjectRequest request, CancellationToken cancellation)
        => CommitAsync(() => Writer.Amend(new CatalogPatch(Prefix, found.Document.Key, patch.GetRawText(), request.TermsOf(found))));

    /// <inheritdoc/>
    public Task<ChangedObject> DeleteAsync(FoundObject found, ObjectRequest request, CancellationToken cancellation)
        => CommitAsync(() => Writer.Remove(new CatalogRemoval(Prefix, found.Document.Key, request.TermsOf(found))));

    /// <inheritdoc/>
    public IObjectChanges Trial => new TriedDocuments(Prefix, trials);

    private static string Tag(long revision) => revision.ToString(CultureInfo.InvariantCulture);

    private static async Task<ChangedObject> CommitAsync(Func<Task<CatalogAnswer>> change)
    {
        var answer = await GrainCalls.ActAsync(change);
        return new ChangedObject(answer.Status, answer.Document, answer.Error, answer.Document is null ? "" : Tag(answer.Revision));
    }

    private static string KeyOf(string text) => KeyText.Bare(text, "Key", "Name", "Addr");
}
