using Anvil.Contracts;
using Anvil.Contracts.Catalog;
using Anvil.Contracts.Lists;
using Anvil.Contracts.Subnets;
using Anvil.Provisioning.Documents;
using Microsoft.AspNetCore.Http;

namespace Anvil.Gateway.Api;

/// <summary>Reservations behind the generic verbs: read by their own indexes, written through the catalog's grain.</summary>
internal sealed class ReservationKind(IReservationStore store, IGrainFactory grains) : IKind
{
    public string Prefix => "reservations";

    private ICatalogGrain Writer => grains.GetGrain<ICatalogGrain>(GrainKeys.Catalog);

    public async Task<ListPage> ListAsync(HttpContext http) => ListPage.Of([.. await store.ListAsync(ListFilter.All, http.RequestAborted)]);

    public async Task<string?> ResolveAsync(HttpContext http, string text)
    {
        var key = text[(text.StartsWith("Key:", StringComparison.Ordinal) || text.StartsWith("Name:", StringComparison.Ordinal) ? text.IndexOf(':', StringComparison.Ordinal) + 1 : 0)..];
        return LeaseKind.TryAddress(key, out var address) ? (await store.FindAsync(address, http.RequestAborted))?.Key : null;
    }

    public async Task<Reply> GetAsync(HttpContext http, string key)
        => await store.FindAsync(Convert.ToUInt32(key, 16), http.RequestAborted) is { } reservation ? Reply.Ok(Json.Write(reservation)) : Reply.Fail(ApiError.NotFound(Prefix, key));

    public Task<Reply> CreateAsync(HttpContext http, string body) => CommitAsync(() => Writer.Create(Prefix, body));

    public Task<Reply> PutAsync(HttpContext http, string key, string body) => CommitAsync(() => Writer.Put(Prefix, key, body));

    public Task<Reply> PatchAsync(HttpContext http, string key, string patch) => CommitAsync(() => Writer.Patch(Prefix, key, patch));

    public Task<Reply> DeleteAsync(HttpContext http, string key) => CommitAsync(() => Writer.Delete(Prefix, key));

    private static async Task<Reply> CommitAsync(Func<Task<Reply>> change) => await GrainCalls.ActAsync(change) with { Revision = 0 };
}
