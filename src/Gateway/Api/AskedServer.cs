using Anvil.Contracts.Access;
using Anvil.Provisioning.Boot;
using Microsoft.AspNetCore.Http;

namespace Anvil.Gateway.Api;

/// <summary>The server as who asks it reaches it: what is rendered for a machine names it so.</summary>
internal static class AskedServer
{
    /// <summary>By the name and port of the request, and by what machines know the API.</summary>
    /// <param name="http">The request.</param>
    /// <param name="options">The gateway's settings.</param>
    /// <param name="reach">The scheme and the key.</param>
    public static BootServer Server(this HttpContext http, GatewayOptions options, IApiReach reach)
    {
        var host = http.Request.Host;
        return new BootServer(host.Host, options.FilePort, host.Port ?? options.ApiPort)
        {
            ApiAddress = host.Host,
            ApiScheme = reach.Scheme,
            ApiPin = reach.Pin,
        };
    }
}
