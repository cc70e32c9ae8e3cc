using System.Net;
using Anvil.Contracts.Diagnostics;
using Anvil.Edge;
using Anvil.Edge.BootHttp;
using Anvil.Objects.Access;
using Anvil.Silo.Tls;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Anvil.Silo;

/// <summary>The HTTP ports, and what a connection may take of them. Only HTTP/1.1: no streams that are opened and reset.</summary>
internal static class HttpPorts
{
    /// <summary>A websocket is pinged after so long, and gone when it does not answer for as long again.</summary>
    public static readonly TimeSpan Ping = TimeSpan.FromSeconds(30);

    /// <summary>Octets of the longest body that any path takes; each path has its own bound below it.</summary>
    private const long LongestBody = 64 << 20;

    /// <summary>A request's line and headers are here after so long, counted from their first octet.</summary>
    private static readonly TimeSpan Headers = TimeSpan.FromSeconds(15);

    /// <summary>A connection without a request is closed after so long.</summary>
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(120);

    /// <summary>Octets a second of a body that is waited for, after a grace of so long.</summary>
    private static readonly MinDataRate Body = new(1024, TimeSpan.FromSeconds(10));

    /// <summary>Octets a second that a client takes of an answer.</summary>
    private static readonly MinDataRate Answer = new(1024, TimeSpan.FromSeconds(10));

    /// <summary>Listens on the API's port, by HTTPS, and on that of boot files.</summary>
    /// <param name="kestrel">The server.</param>
    /// <param name="silo">The silo's settings.</param>
    /// <param name="edge">The edge's settings.</param>
    /// <param name="connections">Connections at once to each port.</param>
    public static void Configure(KestrelServerOptions kestrel, SiloOptions silo, EdgeOptions edge, int connections)
    {
        var limits = kestrel.Limits;
        limits.MaxRequestBodySize = LongestBody;
        limits.RequestHeadersTimeout = Headers;
        limits.KeepAliveTimeout = Idle;
        limits.MinRequestBodyDataRate = Body;
        limits.MinResponseDataRate = Answer;
        kestrel.AddServerHeader = false;
        var tls = new TlsPort(kestrel.ApplicationServices.GetRequiredService<ServerCertificates>(), PlainNetworks.Of(silo.PlainApi),
            Handshakes(silo, connections), Idle);
        Listen(kestrel, silo, edge.ApiPort, connections, tls.Use);
        if (edge.FilePort > 0 && silo.Has(Contracts.Placement.SiloTraits.Edge))
            Listen(kestrel, silo, edge.FilePort, connections, listen => listen.Use(BootHttpEndpoint.Connection));
        if (silo.ApiSocket.Length == 0) return;
        File.Delete(silo.ApiSocket);
        kestrel.ListenUnixSocket(silo.ApiSocket);
    }

    private static void Listen(KestrelServerOptions kestrel, SiloOptions silo, int port, int connections, Action<ListenOptions> speak)
        => kestrel.Listen(silo.ApiAddress.Length == 0 ? IPAddress.Any : IPAddress.Parse(silo.ApiAddress), port, listen =>
        {
            var table = new ConnectionTable(connections, FileLimit.OfSource(silo.ConnectionsOfSource, connections, silo.Connections));
            listen.Protocols = HttpProtocols.Http1;
            listen.Use(next => connection => AdmitAsync(connection, next, table));
            speak(listen);
        });

    /// <summary>
    /// Those that shake hands cost more than others, and have done nothing yet: an eighth of all, a quarter of those of one source.
    /// </summary>
    private static ConnectionTable Handshakes(SiloOptions silo, int connections)
    {
        var most = Math.Max(Math.Min(connections, 64), connections / 8);
        return new ConnectionTable(most, Math.Min(silo.ConnectionsOfSource, Math.Max(16, most / 4)));
    }

    /// <summary>Tells a connection's place of its requests: first of all that are done with one.</summary>
    public static void UseConnectionPlaces(this IApplicationBuilder app) => app.Use(async (http, next) =>
    {
        var place = http.Features.Get<ConnectionPlace>();
        place?.Begin();
        try
        {
            await next(http);
        }
        finally
        {
            place?.Rest();
        }
    });

    /// <summary>Who has too many connections is given no more of them; nothing is read from it.</summary>
    private static async Task AdmitAsync(ConnectionContext connection, ConnectionDelegate next, ConnectionTable table)
    {
        var source = Sources.Of((connection.RemoteEndPoint as IPEndPoint)?.Address);
        using var place = table.TryTake(source, () => End(connection, "others, who have fewer connections, need its place"),
            out var reason);
        if (reason.Length > 0) AnvilDiagnostics.ConnectionsRefused.Add(1, new KeyValuePair<string, object?>("reason", reason));
        if (place is null)
        {
            End(connection, reason == "all" ? "too many connections" : "too many connections from one address");
            return;
        }

        connection.Features.Set(place);
        await next(connection);
    }

    private static void End(ConnectionContext connection, string reason) => connection.Abort(new ConnectionAbortedException(reason));
}
