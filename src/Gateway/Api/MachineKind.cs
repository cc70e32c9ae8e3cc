using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Anvil.Grains;
using Anvil.Grains.Catalog;
using Anvil.Grains.Machines;
using Anvil.Grains.Timeline;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Lists;
using Anvil.Provisioning.Machines;
using Anvil.Provisioning.Network;
using Anvil.Storage;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;

namespace Anvil.Gateway.Api;

/// <summary>Machines behind the generic verbs: lists come from the query table, everything else from the machine's grain.</summary>
internal sealed class MachineKind(IMachineQueries queries, ICatalog catalog, IGrainFactory grains, TimelineWriter timeline, IHostApplicationLifetime lifetime) : IKind
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(60);

    public string Prefix => "machines";

    public async Task<ListPage<Document>> ListAsync(HttpContext http)
    {
        var page = await queries.PageAsync(ListRequest.Query(http, MachineFields.Table, catalog), http.RequestAborted);
        return new ListPage<Document>(page.Rows, page.Total, page.Filtered, page.Next);
    }

    public async Task<string?> ResolveAsync(HttpContext http, string text)
    {
        if (Guid.TryParse(text, out var uuid)) return uuid.ToString();
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var (index, value) = colon < 0 ? ("", text) : (text[..colon], text[(colon + 1)..]);
        if (index is "Uuid" or "Key") return Guid.TryParse(value, out uuid) ? uuid.ToString() : null;
        if (index == "Name") return (await queries.FindByNameAsync(value, http.RequestAborted))?.Uuid;
        return MacAddress.TryNormalize(text, out var mac) ? (await queries.FindByMacAsync(mac, http.RequestAborted))?.Uuid : null;
    }

    public async Task<Reply> GetAsync(HttpContext http, string key)
    {
        var reply = Wait(http) is { } wait && Revision(http) is { } known ? await WatchAsync(key, known, wait) : await GrainCalls.AskAsync(() => Grain(key).Get());
        var view = ListRequest.View(http, Prefix);
        if (reply.Body is null || view.IsWhole) return reply;
        var row = (JsonObject)JsonNode.Parse(reply.Body)!;
        view.Trim(row);
        return reply with { Body = row.ToJsonString(Json.Options) };
    }

    public async Task<Reply> CreateAsync(HttpContext http, string body)
    {
        Machine wanted;
        try
        {
            wanted = Json.Read<Machine>(body);
        }
        catch (JsonException e)
        {
            return Reply.Fail(ApiError.BadRequest(Prefix, "", "POST", "Invalid machines object: " + e.Message));
        }

        var discovered = http.Principal().Kind == PrincipalKind.Unknown;
        if (discovered)
        {
            wanted = MachineRules.Registration(wanted);
            body = Json.Write(wanted);
        }

        var uuid = discovered ? MachineRules.RegistrationUuid(http.Principal().TokenId) : wanted.Uuid.Length == 0 ? Guid.NewGuid().ToString() : wanted.Uuid.ToLowerInvariant();
        if (!Guid.TryParse(uuid, out _)) return Reply.Fail(ApiError.Invalid(Prefix, uuid, $"Invalid Uuid `{uuid}`"));
        var reply = await GrainCalls.ActAsync(() => Grain(uuid).Create(body, http.Actor(uuid), discovered, !discovered && http.Flag("force")));
        var outcome = reply.Error is null ? "created" : string.Join("; ", reply.Error.Messages);
        timeline.Note(reply.Error is null ? uuid : "", wanted.HardwareAddrs.FirstOrDefault() ?? "", "api", discovered ? "registers itself" : $"created by {http.Principal().Name}", outcome, wanted.Name);
        return reply;
    }

    public Task<Reply> PutAsync(HttpContext http, string key, string body) => GrainCalls.ActAsync(() => Grain(key).Put(body, http.Actor(key), http.Flag("force")));

    public Task<Reply> PatchAsync(HttpContext http, string key, string patch) => GrainCalls.ActAsync(() => Grain(key).Patch(patch, http.Actor(key), http.Flag("force")));

    public Task<Reply> DeleteAsync(HttpContext http, string key) => GrainCalls.ActAsync(() => Grain(key).Delete(http.Actor(key)));

    /// <summary>Waits for a change; a gateway that is ending says "no change" at once, and the next one is asked.</summary>
    private async Task<Reply> WatchAsync(string key, long known, TimeSpan wait)
    {
        var change = GrainCalls.AskAsync(() => Grain(key).Watch(known, wait));
        var ending = Task.Delay(Timeout.Infinite, lifetime.ApplicationStopping);
        return await Task.WhenAny(change, ending) == change ? await change : new Reply(304, null, null) { Revision = known };
    }

    private IMachineGrain Grain(string uuid) => grains.GetGrain<IMachineGrain>(GrainKeys.Machine(uuid));

    /// <summary>`Prefer: wait=30` (RFC 7240 section 4.3), with `If-None-Match`, is DRP v4's long poll.</summary>
    private static TimeSpan? Wait(HttpContext http)
    {
        var text = http.Request.Headers["Prefer"].ToString();
        if (!text.StartsWith("wait=", StringComparison.Ordinal)) return null;
        return double.TryParse(text[5..].TrimEnd('s'), NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds) && seconds >= 0
            ? TimeSpan.FromSeconds(Math.Min(seconds, LongestWait.TotalSeconds)) : null;
    }

    private static long? Revision(HttpContext http)
        => long.TryParse(http.Request.Headers.IfNoneMatch.ToString().Trim('"'), NumberStyles.None, CultureInfo.InvariantCulture, out var revision) ? revision : null;
}
