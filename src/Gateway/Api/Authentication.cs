using System.Globalization;
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
        var name = pair[..colon];
        // An edge takes no password: it would be one more place to try them at.
        if (options.Value.MachinesOnly) return await RefuseAsync(http, EdgeRefusal(name));
        var signIn = await access.ByPasswordAsync(name, pair[(colon + 1)..], http.Connection.RemoteIpAddress, http.RequestAborted);
        if (signIn.RetryAfter is { } wait)
        {
            http.Response.Headers.RetryAfter = SignIn.Seconds(wait).ToString(CultureInfo.InvariantCulture);
            return await RefuseAsync(http,
                new ApiError("users", name, "", ["too many passwords are being tried; try again later, or use a token"], 429));
        }

        return await AcceptAsync(http, signIn.Admission, new ApiError("users", name, "", ["Access Denied"], 403));
    }

    private async Task<bool> ByTokenAsync(HttpContext http, string token)
        => await AcceptAsync(http, await access.ByTokenAsync(token), new ApiError("system", "", "", ["Invalid Token"], 403));

    /// <summary>
    /// Refuses what took so long that who asked for it may have lost the right to it meanwhile; false when the answer (403) was written.
    /// </summary>
    public async Task<bool> StillAsync(HttpContext http)
        => await access.EndedAsync(http.Admission()) is not { } reason
            || await RefuseAsync(http, new ApiError("system", "", "", ["Invalid Token", reason], 403));

    private async Task<bool> AcceptAsync(HttpContext http, Admission? admission, ApiError refusal)
    {
        if (options.Value.MachinesOnly && admission?.Principal is { Kind: PrincipalKind.User } person)
            return await RefuseAsync(http, EdgeRefusal(person.Name));
        if (admission is null) return await RefuseAsync(http, refusal);
        http.Set(admission);
        return true;
    }

    private static ApiError EdgeRefusal(string name)
        => new("users", name, "", ["this is an edge, which answers machines only; ask a gateway"], 403);

    private static async Task<bool> RefuseAsync(HttpContext http, ApiError refusal)
    {
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
