using Anvil.Objects.Access;
using Anvil.Provisioning.Documents;
using Microsoft.AspNetCore.Http;

namespace Anvil.Gateway.Api;

/// <summary>
/// A page of another site can make a browser send what needs no preflight (a form's POST, a websocket), with the password that it keeps
/// for this host. Who was let in by a token, or sends JSON (which a preflight without credentials has to let through), means it.
/// </summary>
internal static class CrossSite
{
    private static readonly string[] Simple = ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"];

    /// <summary>Refuses what another site's page may have brought about, by what the request was let in by.</summary>
    /// <exception cref="ApiException">403.</exception>
    public static void Refuse(HttpContext http)
    {
        var request = http.Request;
        var origin = request.Headers.Origin.ToString();
        if (origin.Length == 0 || !IsOther(origin, request.Host)) return;
        if (http.Items[typeof(Admission)] is Admission { Token.Length: > 0 }) return;
        var type = request.ContentType ?? "";
        var isForm = HttpMethods.IsPost(request.Method)
            && (type.Length == 0 || Simple.Any(s => type.StartsWith(s, StringComparison.OrdinalIgnoreCase)));
        if (isForm || http.WebSockets.IsWebSocketRequest || request.Headers.Upgrade.Count > 0)
            throw new ApiException(new ApiError("", request.Path, request.Method,
                [$"a page of {PrintableText.Of(origin)} may ask so only with a token"], 403));
    }

    private static bool IsOther(string origin, HostString host)
        => !Uri.TryCreate(origin, UriKind.Absolute, out var uri) || !uri.Authority.Equals(host.Value, StringComparison.OrdinalIgnoreCase);
}
