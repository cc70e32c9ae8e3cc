using System.Net;
using System.Net.Sockets;

namespace Anvil.Swarm;

/// <summary>HTTP from an address of this host's.</summary>
internal static class FromAddress
{
    /// <summary>Connects from an address.</summary>
    public static SocketsHttpHandler Handler(IPAddress own) => new()
    {
        UseProxy = false,
        ConnectCallback = async (context, cancellation) =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                socket.Bind(new IPEndPoint(own, 0));
                await socket.ConnectAsync(context.DnsEndPoint.Host, context.DnsEndPoint.Port, cancellation);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        },
    };
}
