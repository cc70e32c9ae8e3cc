using System.Text.Json;
using Anvil.Contracts;
using Anvil.Contracts.Catalog;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Documents;
using Microsoft.AspNetCore.Http;

namespace Anvil.Gateway.Api;

/// <summary>A kind of the catalog behind the generic verbs.</summary>
internal sealed class CatalogKindRow(string prefix, ICatalog catalog, IGrainFactory grains) : IKind
{
    public string Prefix { get; } = prefix;

    private ICatalogGrain Writer => grains.GetGrain<ICatalogGrain>(GrainKeys.Catalog);

    public Task<ListPage> ListAsync(HttpContext http)
        => Task.FromResult(ListPage.Of([.. catalog.Current.OfKind(Prefix).Values.OrderBy(d => d.Key, StringComparer.Ordinal).Select(Clean)]));

    public Task<string?> ResolveAsync(HttpContext http, string text)
    {
        var key = text;
        if (text.StartsWith("Key:", StringComparison.Ordinal)) key = text[4..];
        else if (text.StartsWith("Name:", StringComparison.Ordinal) || text.StartsWith("ID:", StringComparison.Ordinal)) key = text[(text.IndexOf(':', StringComparison.Ordinal) + 1)..];
        return Task.FromResult(catalog.Current.OfKind(Prefix).ContainsKey(key) ? key : null);
    }

    public Task<Reply> GetAsync(HttpContext http, string key)
        => Task.FromResult(catalog.Current.OfKind(Prefix).TryGetValue(key, out var document) ? Reply.Ok(Write(Clean(document))) : Reply.Fail(ApiError.NotFound(Prefix, key)));

    public Task<Reply> CreateAsync(HttpContext http, string body) => CommitAsync(http, () => Writer.Create(Prefix, body));

    public Task<Reply> PutAsync(HttpContext http, string key, string body) => CommitAsync(http, () => Writer.Put(Prefix, key, body));

    public Task<Reply> PatchAsync(HttpContext http, string key, string patch) => CommitAsync(http, () => Writer.Patch(Prefix, key, patch));

    public Task<Reply> DeleteAsync(HttpContext http, string key) => CommitAsync(http, () => Writer.Delete(Prefix, key));

    private async Task<Reply> CommitAsync(HttpContext http, Func<Task<Reply>> change)
    {
        var reply = await GrainCalls.ActAsync(change);
        if (reply.Error is null) await catalog.AtLeastAsync(reply.Revision, http.RequestAborted);
        if (Prefix == "users" && reply.Body is not null) reply = reply with { Body = Write(Clean(Json.Read<User>(reply.Body))) };
        return reply with { Revision = 0 };
    }

    private static Document Clean(Document document) => document is User user ? user with { PasswordHash = "", Secret = "" } : document;

    private static string Write(Document document) => JsonSerializer.Serialize(document, document.GetType(), Json.Options);
}
