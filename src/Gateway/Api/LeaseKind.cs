using Anvil.Grains;
using Anvil.Grains.Catalog;
using Anvil.Grains.Subnets;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Lists;
using Anvil.Provisioning.Network;
using Anvil.Storage;
using Microsoft.AspNetCore.Http;

namespace Anvil.Gateway.Api;

/// <summary>Leases behind the generic verbs: listed, read and deleted.</summary>
internal sealed class LeaseKind(ILeaseStore store, ICatalog catalog, IGrainFactory grains, TimeProvider time) : IKind
{
    public string Prefix => "leases";

    public async Task<ListPage<Document>> ListAsync(HttpContext http)
    {
        var query = ListRequest.Query(http, CatalogFields.Leases, catalog);
        return new ListEvaluator(time).Page<Document>(query, [.. await store.ListAsync(http.RequestAborted)]);
    }

    public async Task<string?> ResolveAsync(HttpContext http, string text)
    {
        if (!TryAddress(text, out var address)) return null;
        return (await store.FindAsync(address, http.RequestAborted))?.Key;
    }

    public async Task<Reply> GetAsync(HttpContext http, string key)
        => await store.FindAsync(Convert.ToUInt32(key, 16), http.RequestAborted) is { } lease ? Reply.Ok(Json.Write(lease)) : Reply.Fail(ApiError.NotFound(Prefix, key));

    public Task<Reply> CreateAsync(HttpContext http, string body) => Refuse("", "POST");

    public Task<Reply> PutAsync(HttpContext http, string key, string body) => Refuse(key, "PUT");

    public Task<Reply> PatchAsync(HttpContext http, string key, string patch) => Refuse(key, "PATCH");

    public async Task<Reply> DeleteAsync(HttpContext http, string key)
    {
        var address = Convert.ToUInt32(key, 16);
        return catalog.Current.SubnetOf(address) is { } subnet
            ? await GrainCalls.ActAsync(() => grains.GetGrain<ISubnetGrain>(GrainKeys.Subnet(subnet.Name)).DeleteLease(address))
            : Reply.Fail(ApiError.NotFound(Prefix, key, "DELETE"));
    }

    /// <summary>Reads a lease's key: its address, dotted or as eight hexadecimal digits.</summary>
    public static bool TryAddress(string text, out uint address)
        => IPv4.TryParse(text, out address) || (text.Length == 8 && uint.TryParse(text, System.Globalization.NumberStyles.AllowHexSpecifier, System.Globalization.CultureInfo.InvariantCulture, out address));

    private Task<Reply> Refuse(string key, string type) => Task.FromResult(Reply.Fail(new ApiError(Prefix, key, type, ["leases are made by DHCP alone"], 405)));
}
