using System.Runtime.InteropServices;
using Anvil.Contracts.Catalog;
using Anvil.Contracts.Machines;
using Anvil.Objects;
using Anvil.Objects.Verbs;
using Anvil.Provisioning.Catalog;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace Anvil.Gateway.Api;

/// <summary>The paths of info, kinds, preferences, tokens and passwords.</summary>
internal static class SystemEndpoints
{
    public static void MapSystem(
        this IEndpointRouteBuilder api, ObjectFloor floor, PrefVerbs prefs, UserVerbs users, RetentionVerbs retention, ICatalog catalog,
        IMachineQueries machines, IOptions<GatewayOptions> options)
    {
        // How many there are is for who may see which there are.
        async Task<List<object>> StatsAsync(HttpContext http)
        {
            var stats = new List<object>();
            if (http.Principal().May("machines", "list", "*"))
                stats.Add(new { name = "machines.count", count = await machines.CountAsync(http.RequestAborted) });
            if (http.Principal().May("subnets", "list", "*"))
                stats.Add(new { name = "subnets.count", count = (long)catalog.Current.Subnets.Count });
            return stats;
        }

        async Task<object> InfoAsync(HttpContext http) => new
        {
            arch = RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant() is "x64" ? "amd64" : "arm64",
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
            stats = await StatsAsync(http),
            features = Features.All,
            scopes = new Dictionary<string, object>(),
        };

        api.MapGet("/info", async http =>
        {
            http.Asked(VerbWords.None).Require("info", "get", "*");
            await http.WriteObjectAsync(await InfoAsync(http));
        });
        api.MapGet("/objects", async http =>
        {
            http.Asked(VerbWords.None).Require("objects", "list", "*");
            await http.WriteObjectAsync(floor.Kinds.Select(k => k.Prefix).Append("preferences").Order(StringComparer.Ordinal));
        });
        api.MapGet("/prefs", http => http.WriteAsync(prefs.Get(http.Asked(VerbWords.None))));
        api.MapPost("/prefs",
            async http => await http.WriteAsync(
                await prefs.SetAsync(await http.ReadJsonAsync("prefs"), http.Asked(VerbWords.None), http.RequestAborted)));
        api.MapGet("/retention",
            async http => await http.WriteAsync(await retention.ListAsync(http.Asked(VerbWords.None), http.RequestAborted)));
        api.MapGet("/users/{key}/token", async http => await http.WriteObjectAsync(
            new { Token = users.Token(http.Part("key"), http.Asked(UserVerbs.TokenWords)), Info = await InfoAsync(http) }));
        api.MapPut("/users/{key}/password",
            async http => await http.WriteAsync(
                await users.SetPasswordAsync(http.Part("key"), await http.ReadJsonAsync("users"), http.Asked(VerbWords.One),
                    http.RequestAborted)));
    }
}
