using System.Text;
using System.Text.Json;
using Anvil.Contracts;
using Anvil.Contracts.Catalog;
using Anvil.Contracts.Placement;
using Anvil.Contracts.Subnets;
using Anvil.Grains.Catalog;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Network;
using Microsoft.Extensions.Logging;

namespace Anvil.Grains.Subnets;

/// <summary>
/// Writes reservations for the catalog's grain: each change is checked against what the database finds by address and token, and is
/// written only while the catalog is still at the revision that it was checked at. The subnets that hold the addresses are told before
/// the answer, so that it holds for the very next packet.
/// </summary>
public sealed partial class ReservationWriter(
    ICatalogStore store, IReservationStore reservations, ICatalog catalog, GrainFinder grains, IDatabaseFaults faults,
    IEdgeDirectory edges,
    ILogger<ReservationWriter> logger)
{
    /// <summary>The kind.</summary>
    public const string Kind = "reservations";

    private const int Attempts = 5;

    /// <summary>How long an answer waits for a subnet that is told; one that cannot be told reads the change soon after.</summary>
    private static readonly TimeSpan TellPatience = TimeSpan.FromSeconds(5);

    /// <summary>Makes a reservation.</summary>
    /// <param name="wanted">The reservation.</param>
    /// <param name="terms">Who asks.</param>
    /// <param name="tried">Takes what would be written; null: it is written.</param>
    public Task<CatalogAnswer> MakeAsync(Reservation wanted, ChangeTerms terms, TriedChange? tried = null)
        => ChangeAsync("POST", "", terms, 201, async snapshot =>
    {
        var filled = ReservationRules.Filled(wanted);
        if (filled.Key.Length == 0) throw new ApiException(ApiError.BadRequest(Kind, "", "CREATE", "Empty key not allowed"));
        var known = await KnownAsync([filled], []);
        if (IPv4.TryParse(filled.Addr, out var address) && known.At(address) is not null)
            throw new ApiException(ApiError.Conflict(Kind, filled.Key, "CREATE", "already exists"));
        return One(Checked(filled, null, snapshot, known), null);
    }, tried: tried);

    /// <summary>Replaces a reservation.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="wanted">What it becomes.</param>
    /// <param name="terms">Who asks, and on which condition.</param>
    /// <param name="tried">Takes what would be written; null: it is written.</param>
    public Task<CatalogAnswer> ReplaceAsync(string key, Reservation wanted, ChangeTerms terms, TriedChange? tried = null)
        => ChangeAsync("PUT", key, terms, 200, async snapshot =>
        {
            var old = await ExistingAsync(key, "PUT", terms);
            return One(await ChangedAsync(old.Reservation, wanted, "PUT", snapshot), old);
        }, tried: tried);

    /// <summary>Patches a reservation (RFC 6902).</summary>
    /// <param name="key">Its key.</param>
    /// <param name="operations">The operations, as JSON text.</param>
    /// <param name="terms">Who asks, and on which condition.</param>
    /// <param name="tried">Takes what would be written; null: it is written.</param>
    public Task<CatalogAnswer> AmendAsync(string key, string operations, ChangeTerms terms, TriedChange? tried = null)
        => ChangeAsync("PATCH", key, terms, 200, async snapshot =>
    {
        var stored = await ExistingAsync(key, "PATCH", terms);
        var old = stored.Reservation;
        if (!old.Validated) throw new ApiException(ApiError.Conflict(Kind, key, "PATCH", [.. old.Errors, "replace or delete it"]));
        var patch = JsonText.Read(Encoding.UTF8.GetBytes(operations), Kind, key, "PATCH");
        var text = JsonPatch.ApplyToText(JsonSerializer.SerializeToElement(old, Json.Options), patch, Kind, key);
        var wanted = (Reservation)DocumentReader.ReadPatched(text, typeof(Reservation), Kind, key);
        return One(await ChangedAsync(old, wanted, "PATCH", snapshot), stored);
    }, tried: tried);

    /// <summary>Deletes a reservation.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="terms">Who asks, and on which condition.</param>
    /// <param name="tried">Takes what would be written; null: it is written.</param>
    public Task<CatalogAnswer> RemoveAsync(string key, ChangeTerms terms, TriedChange? tried = null)
        => ChangeAsync("DELETE", key, terms, 200, async _ =>
            ((await ExistingAsync(key, "DELETE", terms)).Reservation, [Gone(AddressOf(key)!.Value)], null), tried: tried);

    /// <summary>
    /// Makes, replaces and deletes many, all or none; 422 names every problem with its key. What is removed and written is made anew.
    /// </summary>
    /// <param name="written">Reservations to be there afterwards.</param>
    /// <param name="removed">Keys of those to be gone.</param>
    /// <param name="terms">Who asks.</param>
    /// <param name="write">Stores the changes, with more; null: they are stored by themselves.</param>
    public Task<CatalogAnswer> MergeAsync(
        IReadOnlyList<Reservation> written, IReadOnlyList<string> removed, ChangeTerms terms,
        Func<long, IReadOnlyList<CatalogChange>, Task<long?>>? write = null)
        => ChangeAsync("PUT", "", terms, 200, async snapshot =>
    {
        var wanted = written.Select(ReservationRules.Filled).ToList();
        var known = await KnownAsync(wanted, removed);
        var changes = new List<CatalogChange>();
        // What goes no longer stands in the way of what comes.
        changes.AddRange(removed.Select(AddressOf).OfType<uint>().Where(known.Remove).Select(Gone));
        var problems = new List<string>();
        foreach (var reservation in wanted)
        {
            var old = IPv4.TryParse(reservation.Addr, out var address) ? known.At(address) : null;
            try
            {
                var done = Checked(reservation, old, snapshot, known);
                known.Set(done);
                if (!IsThere(done, old)) changes.Add(new CatalogChange(Kind, done.Key, done) { IsNew = old is null });
            }
            catch (ApiException e)
            {
                problems.AddRange(e.Error.Messages.Select(m => $"{reservation.Key}: {m}"));
            }
        }

        if (problems.Count > 0) throw new ApiException(ApiError.Invalid(Kind, "", problems));
        return (null, changes, null);
    }, write);

    /// <summary>What is stored already is no change, and no event: its revision stays what it was.</summary>
    private static (Reservation? Answer, IReadOnlyList<CatalogChange> Changes, long? Unchanged) One(Reservation done,
        StoredReservation? old) => IsThere(done, old?.Reservation) ? (done, [], old!.Revision)
            : (done, [new CatalogChange(Kind, done.Key, done) { IsNew = old is null }], null);

    private static bool IsThere(Reservation done, Reservation? old)
        => old is { Validated: true } && Json.Write(old with { Available = true, Errors = [] }) == Json.Write(done);

    private static CatalogChange Gone(uint address) => new(Kind, IPv4.Hex(address), null);

    private Reservation Checked(Reservation wanted, Reservation? old, CatalogSnapshot snapshot, IReservations known)
    {
        var subnet = IPv4.TryParse(wanted.Addr, out var address) ? snapshot.SubnetOf(address) : null;
        var settled = (Reservation)CatalogRules.Kinds[Kind].Settle(wanted, snapshot);
        var done = settled with { ReadOnly = false, Bundle = "", Validated = true, Available = true, Errors = [] };
        // One that could not be read was nothing that rules could go by.
        var problems = ReservationRules.Problems(done, old is { Validated: true } ? old : null, subnet, known).ToList();
        // One that there was before says nothing any more; the subnet's grain heeds it no more than this one.
        if (old is null && edges.Addresses.Contains(address)) problems.Add($"Addr {done.Addr} is an edge's own address");
        // One of the two databases cannot keep it.
        if (Json.Write(done).Contains("\\u0000", StringComparison.Ordinal))
            problems.Add("a text with the character U+0000 cannot be stored");
        return problems.Count == 0 ? done : throw new ApiException(ApiError.Invalid(Kind, done.Key, problems));
    }

    private static uint? AddressOf(string key)
        => IPv4.TryParseHex(key, out var address) ? address : null;

    private async Task<Reservation> ChangedAsync(Reservation old, Reservation wanted, string type, CatalogSnapshot snapshot)
    {
        if (wanted.Key != old.Key)
            throw new ApiException(ApiError.BadRequest(Kind, old.Key, type, $"Key change from {old.Key} to {wanted.Key} not allowed"));
        var filled = ReservationRules.Filled(wanted);
        return Checked(filled, old, snapshot, await KnownAsync([filled], []));
    }

    private async Task<StoredReservation> ExistingAsync(string key, string type, ChangeTerms terms)
    {
        if (AddressOf(key) is not { } address || await reservations.ReadAsync(address, CancellationToken.None) is not { } stored)
            throw new ApiException(ApiError.NotFound(Kind, key, type));
        if (terms.IfRevision is not { } wanted || wanted == stored.Revision) return stored;
        throw new ApiException(
            new ApiError(Kind, key, type, [$"{key} has revision {stored.Revision}, not {wanted}: it was changed since it was read"], 412));
    }

    /// <summary>What stands in the way of some reservations: those with their addresses or tokens.</summary>
    private async Task<ReservationBook> KnownAsync(IReadOnlyList<Reservation> wanted, IReadOnlyList<string> removed)
    {
        var addresses = wanted.Select(r => AddressOf(r.Key)).Concat(removed.Select(AddressOf)).OfType<uint>().ToList();
        return new ReservationBook(await reservations.FindManyAsync(addresses, [.. wanted.Select(r => r.Token)], CancellationToken.None));
    }

    private async Task<CatalogAnswer> ChangeAsync(
        string type, string key, ChangeTerms terms, int status,
        Func<CatalogSnapshot, Task<(Reservation? Answer, IReadOnlyList<CatalogChange> Changes, long? Unchanged)>> decide,
        Func<long, IReadOnlyList<CatalogChange>, Task<long?>>? write = null, TriedChange? tried = null)
    {
        write ??= (revision, changes) => changes.Count == 0 ? Task.FromResult<long?>(revision)
            : store.WriteAsync(revision, changes, terms.Actor.Name, CancellationToken.None);
        try
        {
            for (var attempt = 0; attempt < Attempts; attempt++)
            {
                // Read first: what is looked up after it was so at this revision, or the write fails.
                var revision = await store.RevisionAsync(CancellationToken.None);
                var snapshot = await catalog.AtLeastAsync(revision, CancellationToken.None);
                var (answer, changes, unchanged) = await decide(snapshot);
                if (tried is not null)
                {
                    tried.Take(changes);
                    return new CatalogAnswer(status, answer, null, unchanged ?? revision);
                }

                if (await write(revision, changes) is not { } written) continue;
                if (changes.Count > 0) await TellAsync(snapshot, written, changes);
                return new CatalogAnswer(status, answer, null, unchanged ?? written);
            }

            return Fail(ApiError.Conflict(Kind, key, type, "the catalog is being changed by others; try again"));
        }
        catch (ApiException e)
        {
            return Fail(e.Error);
        }
        catch (Exception e) when (DatabaseFailure.Is(e))
        {
            var fault = faults.Of(e) ?? DatabaseFault.Away;
            return Fail(new ApiError(Kind, key, type, [fault.With("read the object before trying again")], fault.Status));
        }
    }

    private static CatalogAnswer Fail(ApiError error) => new(error.Code, null, error, 0);

    private async Task TellAsync(CatalogSnapshot snapshot, long revision, IReadOnlyList<CatalogChange> changes)
    {
        var bySubnet = new Dictionary<string, (List<Reservation> Set, List<uint> Gone)>(StringComparer.Ordinal);
        // One that goes and comes again has come.
        foreach (var change in changes.GroupBy(c => c.Key, StringComparer.Ordinal).Select(g => g.Last()))
        {
            if (AddressOf(change.Key) is not { } address) continue;
            foreach (var subnet in snapshot.SubnetsHolding(address))
            {
                if (!bySubnet.TryGetValue(subnet.Name, out var told)) bySubnet[subnet.Name] = told = ([], []);
                if (change.Document is Reservation reservation) told.Set.Add(reservation);
                else told.Gone.Add(address);
            }
        }

        await Task.WhenAll(bySubnet.Select(s => TellAsync(s.Key, new ReservationNotice(revision, s.Value.Set, s.Value.Gone))));
    }

    private async Task TellAsync(string subnet, ReservationNotice notice)
    {
        try
        {
            await GrainCalls.AskAsync(() => grains.Subnet(subnet).TakeReservations(notice))
                .WaitAsync(TellPatience);
        }
        catch (Exception e)
        {
            // It is written: a subnet that could not be told (its silo is of the version before, or dies) reads it by itself.
            LogNotTold(e, subnet, notice.Revision);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "subnet {Subnet} could not be told of the reservations of revision {Revision}; it reads them by itself")]
    private partial void LogNotTold(Exception exception, string subnet, long revision);
}
