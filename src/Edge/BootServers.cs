using System.Net;
using Anvil.Contracts.Access;
using Anvil.Provisioning.Boot;
using Microsoft.Extensions.Options;

namespace Anvil.Edge;

/// <summary>What machines are told of this edge.</summary>
public sealed class BootServers(IOptions<EdgeOptions> options, IApiReach api)
{
    /// <summary>This edge, as who asked it at an address reaches it.</summary>
    /// <param name="address">The address that the packet came to.</param>
    public BootServer At(string address) => new(address, options.Value.FilePort, options.Value.ApiPort)
    {
        ApiAddress = options.Value.ApiAddress,
        ApiScheme = api.Scheme,
        ApiPin = api.Pin,
    };

    /// <inheritdoc cref="At(string)"/>
    public BootServer At(IPAddress address) => At((address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString());
}
