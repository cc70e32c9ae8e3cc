using Anvil.Grains;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Lists;
using Microsoft.AspNetCore.Http;

namespace Anvil.Gateway.Api;

/// <summary>How the generic verbs reach the objects of one kind.</summary>
internal interface IKind
{
    /// <summary>Name in paths, and scope of its rights.</summary>
    string Prefix { get; }

    /// <summary>The page that the request's list language asks for.</summary>
    Task<ListPage<Document>> ListAsync(HttpContext http);

    /// <summary>The key that a path's last part means: itself, or an index such as `Name:web1`; null when there is no such object.</summary>
    Task<string?> ResolveAsync(HttpContext http, string text);

    /// <summary>One object.</summary>
    Task<Reply> GetAsync(HttpContext http, string key);

    /// <summary>Makes one.</summary>
    Task<Reply> CreateAsync(HttpContext http, string body);

    /// <summary>Replaces one.</summary>
    Task<Reply> PutAsync(HttpContext http, string key, string body);

    /// <summary>Patches one.</summary>
    Task<Reply> PatchAsync(HttpContext http, string key, string patch);

    /// <summary>Deletes one.</summary>
    Task<Reply> DeleteAsync(HttpContext http, string key);
}
