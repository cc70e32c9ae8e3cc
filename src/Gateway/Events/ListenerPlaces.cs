using Anvil.Gateway.Api;
using Anvil.Objects.Access;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Documents;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Anvil.Gateway.Events;

/// <summary>How many listen to events at once, by websocket or by SSE: in all, of one address, and of one user or machine.</summary>
internal sealed class ListenerPlaces(IOptions<GatewayOptions> options)
{
    private readonly Shares _listeners = new(options.Value.Listeners);

    /// <summary>Takes a place, to be disposed.</summary>
    /// <exception cref="ApiException">429: too many listen.</exception>
    public IDisposable Enter(HttpContext http, string model)
    {
        var bounds = options.Value;
        var principal = http.Principal();
        var isUser = principal.Kind == PrincipalKind.User;
        var source = "from " + Sources.Of(http.Connection.RemoteIpAddress);
        var place = _listeners.TryTake(
            [(source, bounds.ListenersOfSource), ($"{principal.Kind} {principal.Name}",
                isUser ? bounds.ListenersOfUser : bounds.ListenersOfMachine)], out var full);
        if (place is not null) return place;
        var whose = full == "" ? $"{bounds.Listeners} listeners in all"
            : full == source ? $"{bounds.ListenersOfSource} listeners from one address"
            : isUser ? $"{bounds.ListenersOfUser} listeners of one user" : $"{bounds.ListenersOfMachine} listeners of one machine";
        throw new ApiException(new ApiError(model, "", "GET", [$"there are {whose}, and may be no more: close one"], 429));
    }
}
