using System.Text.Json;
using Anvil.Contracts;
using Anvil.Contracts.Catalog;
using Anvil.Contracts.Machines;
using Anvil.Objects.Access;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Documents;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace Anvil.Gateway.Api;

/// <summary>Info, objects, preferences, tokens and passwords.</summary>
internal static class SystemEndpoints
{
    private static readonly string[] Features = ["api-v3", "sane-exit-codes", "job-exit-states", "workflows", "default-workflow", "http-range-header", "profileless-machine", "slim-objects", "sprig", "multiarch", "task-prerequisites", "partial-objects", "regex-string-filters", "change-stage-map", "stage-paramer"];

    private static readonly HashSet<string> SecretPrefs = new(StringComparer.Ordinal) { "baseTokenSecret", "systemGrantorSecret" };

    public static void MapSystem(this IEndpointRouteBuilder api, IReadOnlyList<string> kinds, ICatalog catalog, IMachineQueries machines, AccessService access, IGrainFactory grains, IOptions<GatewayOptions> options)
    {
        async Task<object> InfoAsync(HttpContext http) => new
        {
            arch = System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant() is "x64" ? "amd64" : "arm64",
            os = "linux",
            version = "v3.13.0-anvil-" + typeof(SystemEndpoints).Assembly.GetName().Version!.ToString(3),
            id = options.Value.Id,
            ha_id = options.Value.Id,
            api_port = options.Value.ApiPort,
            file_port = options.Value.FilePort,
            dhcp_port = options.Value.DhcpPort,
            binl_port = options.Value.BinlPort,
            tftp_port = options.Value.TftpPort,
            tftp_enabled = options.Value.TftpPort > 0,
            dhcp_enabled = options.Value.DhcpEnabled,
            binl_enabled = options.Value.DhcpEnabled && options.Value.BinlPort > 0,
            prov_enabled = true,
            address = http.Request.Host.Host,
            stats = new[] { new { name = "machines.count", count = await machines.CountAsync(http.RequestAborted) }, new { name = "subnets.count", count = (long)catalog.Current.Subnets.Count } },
            features = Features,
            scopes = new Dictionary<string, object>(),
        };

        api.MapGet("/info", async http =>
        {
            http.Require("info", "get", "*");
            await http.WriteObjectAsync(await InfoAsync(http));
        });
        api.MapGet("/objects", async http =>
        {
            http.Require("objects", "list", "*");
            await http.WriteObjectAsync(kinds.Append("preferences").Order(StringComparer.Ordinal));
        });
        api.MapGet("/prefs", async http =>
        {
            http.Require("preferences", "list", "*");
            await http.WriteObjectAsync(Public(catalog.Current.Prefs.All));
        });
        api.MapPost("/prefs", async http =>
        {
            http.Require("preferences", "post", "*");
            var body = await http.ReadJsonAsync("prefs", "");
            var reply = await GrainCalls.ActAsync(() => grains.GetGrain<ICatalogGrain>(GrainKeys.Catalog).SetPrefs(body));
            if (reply.Error is null) reply = reply with { Body = Json.Write(Public((await catalog.AtLeastAsync(reply.Revision, http.RequestAborted)).Prefs.All)), Revision = 0 };
            await http.WriteAsync(reply);
        });
        api.MapGet("/users/{key}/token", async http =>
        {
            var name = (string)http.Request.RouteValues["key"]!;
            http.Require("users", "token", name);
            if (!catalog.Current.Users.TryGetValue(name, out var user)) throw new ApiException(ApiError.NotFound("users", name));
            var text = http.Request.Query["ttl"].ToString();
            var ttl = 3600;
            if (text.Length > 0 && (!int.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out ttl) || ttl < 1))
                throw new ApiException(ApiError.BadRequest("users", name, "GET", $"ttl is a number of seconds, not {text}"));
            await http.WriteObjectAsync(new { Token = access.ForUser(user, TimeSpan.FromSeconds(Math.Min(ttl, 31_536_000))), Info = await InfoAsync(http) });
        });
        api.MapPut("/users/{key}/password", async http =>
        {
            var name = (string)http.Request.RouteValues["key"]!;
            http.Require("users", "password", name);
            var body = await http.ReadJsonAsync("users", name);
            string? password = null;
            using (var document = JsonDocument.Parse(body.Length == 0 ? "{}" : body))
            {
                if (document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("Password", out var p) && p.ValueKind == JsonValueKind.String) password = p.GetString();
            }

            if (string.IsNullOrEmpty(password)) throw new ApiException(ApiError.BadRequest("users", name, "PUT", "Password must not be empty"));
            var patch = Json.Write(new object[]
            {
                new { op = "replace", path = "/PasswordHash", value = Passwords.Hash(password) },
                new { op = "replace", path = "/Secret", value = Guid.NewGuid().ToString("N") },
            });
            var reply = await GrainCalls.ActAsync(() => grains.GetGrain<ICatalogGrain>(GrainKeys.Catalog).Patch("users", name, patch));
            if (reply.Error is null)
            {
                await catalog.AtLeastAsync(reply.Revision, http.RequestAborted);
                reply = reply with { Revision = 0, Body = Json.Write(Json.Read<User>(reply.Body!) with { PasswordHash = "", Secret = "" }) };
            }

            await http.WriteAsync(reply);
        });
    }

    private static Dictionary<string, string> Public(IReadOnlyDictionary<string, string> prefs) => prefs.Where(p => !SecretPrefs.Contains(p.Key)).ToDictionary(p => p.Key, p => p.Value, StringComparer.Ordinal);
}
