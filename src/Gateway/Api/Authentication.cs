using System.Text;
using Anvil.Objects.Access;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Documents;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Anvil.Gateway.Api;

/// <summary>Basic and bearer authentication, and `?token=` (DRP's rules for each failure).</summary>
internal sealed class Authentication(AccessService access, IOptions<GatewayOptions> options)
{
    /// <summary>Sets the request's principal; false when the answer (401 or 403) has been written.</summary>
    public async Task<bool> AuthenticateAsync(HttpContext http)
    {
        var header = http.Request.Headers.Authorization.ToString();
        var token = http.Request.Query["token"].ToString();
        if (header.Length == 0 && token.Length == 0) return Unauthorized(http);
        if (header.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase))
            return Decode(header[6..].Trim()) is { } pair ? await ByPasswordAsync(http, pair) : Unauthorized(http);
        if (header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)) return await ByTokenAsync(http, header[7..].Trim());
        if (header.Length > 0) return Unauthorized(http);
        return token.Contains(':', StringComparison.Ordinal) ? await ByPasswordAsync(http, token) : await ByTokenAsync(http, token);
    }

    private async Task<bool> ByPasswordAsync(HttpContext http, string pair)
    {
        var colon = pair.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0) return Unauthorized(http);
        return await AcceptAsync(http, access.ByPassword(pair[..colon], pair[(colon + 1)..]),
            new ApiError("users", pair[..colon], "", ["Access Denied"], 403));
    }

    private async Task<bool> ByTokenAsync(HttpContext http, string token)
        => await AcceptAsync(http, await access.ByTokenAsync(token), new ApiError("system", "", "", ["Invalid Token"], 403));

    private async Task<bool> AcceptAsync(HttpContext http, Principal? principal, ApiError refusal)
    {
        if (options.Value.MachinesOnly && principal is { Kind: PrincipalKind.User })
        {
            await http.WriteAsync(
                new ApiError("users", principal.Name, "", ["this is an edge, which answers machines only; ask a gateway"], 403));
            return false;
        }

        if (principal is not null)
        {
            http.Set(principal);
            return true;
        }

        http.Response.Headers.WWWAuthenticate = "dr-provision";
        await http.WriteAsync(refusal);
        return false;
    }

    private static bool Unauthorized(HttpContext http)
    {
        http.Response.Headers.WWWAuthenticate = "dr-provision";
        http.Response.StatusCode = StatusCodes.Status401Unauthorized;
        return false;
    }

    private static string? Decode(string base64)
    {
        var buffer = new byte[base64.Length];
        return Convert.TryFromBase64String(base64, buffer, out var length) ? Encoding.UTF8.GetString(buffer, 0, length) : null;
    }
}
