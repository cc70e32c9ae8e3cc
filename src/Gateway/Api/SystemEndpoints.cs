using System.Net;
using System.Runtime.InteropServices;
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
        this IEndpointRouteBuilder api, InfoVerbs info, PrefVerbs prefs, UserVerbs users, RetentionVerbs retention,
        IOptions<GatewayOptions> options)
    {
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
            address = Address(http),
            stats = (await info.CountsAsync(http.Principal(), http.RequestAborted)).Select(c => new { name = c.Key, count = c.Value }),
            features = Features.All,
            scopes = info.Scopes,
            License = new
            {
                Contact = "",
                ContactEmail = "",
                ContactId = "",
                Owner = "",
                OwnerEmail = "",
                OwnerId = "",
                Grantor = "",
                GrantorEmail = "",
                Version = "",
                GenerationVersion = "",
                Licenses = Array.Empty<string>(),
            },
        };

        api.MapGet("/info", async http =>
        {
            InfoVerbs.Require(http.Asked(VerbWords.None));
            await http.WriteObjectAsync(await InfoAsync(http));
        });
        api.MapGet("/objects", http => http.WriteObjectAsync(info.Kinds(http.Asked(VerbWords.None))));
        api.MapGet("/prefs", http => http.WriteAsync(prefs.Get(http.Asked(VerbWords.None))));
        api.MapPost("/prefs",
            async http => await http.WriteAsync(
                await prefs.SetAsync(await http.ReadJsonAsync("prefs"), http.Asked(VerbWords.Set), http.RequestAborted)));
        api.MapGet("/retention",
            async http => await http.WriteAsync(await retention.ListAsync(http.Asked(VerbWords.None), http.RequestAborted)));
        api.MapGet("/users/{key}/token", async http =>
        {
            var (token, id) = users.Token(http.Part("key"), http.Asked(UserVerbs.TokenWords));
            http.Response.Headers["X-Anvil-Token-Id"] = id;
            AnswerCompression.LeaveAsItIs(http);
            await http.WriteObjectAsync(new { Token = token, Info = await InfoAsync(http) });
        });
        api.MapDelete("/users/{key}/token",
            async http => await http.WriteAsync(
                await users.RevokeAsync(http.Part("key"), http.Asked(UserVerbs.RevokeWords), http.RequestAborted)));
        api.MapPut("/users/{key}/password",
            async http => await http.WriteAsync(
                await users.SetPasswordAsync(http.Part("key"), await http.ReadJsonAsync("users"), http.Asked(VerbWords.One),
                    http.RequestAborted)));
    }

    /// <summary>
    /// The server's address, as whoever asks has it, or else that of its own which faces him: DRP's client reads it as an IP address.
    /// </summary>
    private static string Address(HttpContext http)
    {
        if (IPAddress.TryParse(http.Request.Host.Host.Trim('[', ']'), out var named)) return named.ToString();
        var own = http.Connection.LocalIpAddress ?? IPAddress.Loopback;
        return (own.IsIPv4MappedToIPv6 ? own.MapToIPv4() : own).ToString();
    }
}
