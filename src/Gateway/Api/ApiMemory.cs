using Anvil.Contracts.Memory;
using Anvil.Objects.Memory;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Lists;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Anvil.Gateway.Api;

/// <summary>What one request takes of the memory that large requests share; given back when it has been answered.</summary>
internal static class ApiMemory
{
    /// <summary>Octets a second that a client takes of an answer, at least, while its request holds memory.</summary>
    private static readonly MinDataRate Rate = new(128 << 10, TimeSpan.FromSeconds(10));

    public static MemoryBudgets Budgets(this HttpContext http) => http.RequestServices.GetRequiredService<MemoryBudgets>();

    /// <summary>Whose share it is: a user's, a machine's; strangers have one together.</summary>
    public static string Requester(this HttpContext http)
        => http.Principal() is { Kind: not PrincipalKind.Unknown } known ? $"{known.Kind} {known.Name}" : "strangers";

    /// <summary>The memory of a list, from its first document to the last octet that the client takes.</summary>
    /// <param name="http">The request.</param>
    /// <param name="place">Its place among those that read; left while it waits for memory.</param>
    public static IListMemory ListMemory(this HttpContext http, MemoryShare place)
        => new ListShare(http, http.Shared(http.Budgets().Lists), place);

    /// <summary>
    /// A place among those that read much of the database, until it is disposed: not while a client takes what was read.
    /// </summary>
    /// <exception cref="ApiException">503: there was none for too long.</exception>
    public static async Task<MemoryShare> ReadPlaceAsync(this HttpContext http, string model)
    {
        var place = http.RequestServices.GetRequiredService<ReadPlaces>().Open(http.Requester());
        if (await place.TakeAsync(1, ReadPlaces.Patience, http.RequestAborted)) return place;
        throw Full(model, http.Request.Method, "lists");
    }

    /// <summary>Reads with a place, and writes without.</summary>
    public static async Task<T> ReadAsync<T>(this HttpContext http, string model, Func<Task<T>> read)
    {
        using var place = await http.ReadPlaceAsync(model);
        return await read();
    }

    /// <summary>
    /// Memory for a large object that is written to a client that may be slow. A change has taken its own, and is answered whatever comes.
    /// </summary>
    /// <exception cref="ApiException">503: too much is being read at this moment.</exception>
    public static Task HoldAsync(this HttpContext http, long octets)
        => http.Reads() ? ObjectShare.OfRead(http).TakeAsync(octets, http.RequestAborted) : Task.CompletedTask;

    /// <summary>Stands in line for the memory that a change takes whose body is in.</summary>
    /// <param name="http">The request.</param>
    /// <param name="body">Octets of the body.</param>
    /// <exception cref="ApiException">503: too much is being changed at this moment.</exception>
    public static Task HoldChangeAsync(this HttpContext http, long body)
        => ObjectShare.OfChange(http).TakeAsync(body, http.RequestAborted);

    /// <summary>True for a request that takes an object as it is, or its length alone.</summary>
    public static bool Reads(this HttpContext http) => HttpMethods.IsGet(http.Request.Method) || HttpMethods.IsHead(http.Request.Method);

    /// <summary>A share of this request.</summary>
    public static MemoryShare Shared(this HttpContext http, MemoryBudget budget)
    {
        var share = budget.Open(http.Requester());
        http.Response.RegisterForDispose(share);
        if (http.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate) rate.MinDataRate = Rate;
        return share;
    }

    public static ApiException Full(string model, string method, string what)
        => new(new ApiError(model, "", method, [$"the memory for {what} is taken by other requests; try again in a moment"], 503));
}
