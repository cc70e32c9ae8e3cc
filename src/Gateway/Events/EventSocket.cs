using System.Net.WebSockets;
using System.Text.Json;
using Anvil.Contracts;
using Anvil.Contracts.Diagnostics;
using Anvil.Contracts.Events;
using Anvil.Gateway.Api;
using Anvil.Objects;
using Anvil.Objects.Access;
using Anvil.Objects.Events;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Documents;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Anvil.Gateway.Events;

/// <summary>
/// `/api/v3/ws`: a client registers patterns and gets every matching event that it may see as a JSON text frame (DRP's shape). How many
/// listen is bounded, and what one who does not read costs the others.
/// </summary>
internal sealed partial class EventSocket(EventStream stream, EventFrames frames, EventReach reach, AccessService access,
    TimeProvider time, IHostApplicationLifetime lifetime, ListenerPlaces places, IOptions<GatewayOptions> options,
    ILogger<EventSocket> logger)
{
    /// <summary>So often it is asked whether who listens still may; what changes beside it is known at once.</summary>
    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(2);

    /// <summary>Serves one client until it goes, is too slow, or the gateway ends.</summary>
    /// <exception cref="ApiException">400: no handshake, or a query with other words than `token`; 429: too many listen.</exception>
    public async Task HandleAsync(HttpContext http)
    {
        http.Asked(VerbWords.None);
        if (!http.WebSockets.IsWebSocketRequest)
            throw new ApiException(ApiError.BadRequest("websocket", "", "GET", "a websocket handshake is needed (RFC 6455)"));
        using var place = places.Enter(http, "websocket");
        using var listener = await stream.ListenAsync(http.RequestAborted);
        using var socket = await http.WebSockets.AcceptWebSocketAsync();
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, lifetime.ApplicationStopping);
        var patience = TimeSpan.FromSeconds(options.Value.ListenerSeconds);
        using var client = new EventClient(socket, http.Admission(), patience, time);
        var sending = SendAsync(client, listener, ending.Token);
        var watching = WatchAsync(client, ending.Token);
        var receiving = ReceiveAsync(client, ending.Token);
        await Task.WhenAny(sending, watching, receiving, listener.Cut);
        if (listener.Cut.IsCompleted) client.End($"too slow: more than {ListenerBounds.MostWaiting} events waited for it");
        if (client.Ended.Length > 0)
        {
            LogEnded(client.Principal.Name, Sources.Of(http.Connection.RemoteIpAddress), client.Ended);
            AnvilDiagnostics.ListenersEnded.Add(1);
            await CloseAsync(client);
            // A cancelled read aborts the connection: the client is given time to read the reason.
            await Quietly(receiving.WaitAsync(Farewell, time, CancellationToken.None));
        }

        await ending.CancelAsync();
        await Quietly(sending);
        await Quietly(watching);
        await Quietly(receiving);
        if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived) await CloseAsync(client);
    }

    private static async Task CloseAsync(EventClient client)
    {
        using var patience = new CancellationTokenSource(Farewell);
        var status = client.Ended.Length > 0 ? WebSocketCloseStatus.PolicyViolation : WebSocketCloseStatus.NormalClosure;
        await Quietly(client.Socket.CloseOutputAsync(status, client.Ended, patience.Token));
    }

    private static async Task Quietly(Task task)
    {
        try
        {
            await task;
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException or ObjectDisposedException or TimeoutException
            or IOException or InvalidOperationException)
        {
            // The client is gone, or the gateway ends.
        }
    }

    /// <summary>Ends when who listens may no longer.</summary>
    private async Task WatchAsync(EventClient client, CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(Again, time);
        while (await IsGoodAsync(client) && await timer.WaitForNextTickAsync(cancellation))
        {
            // It is asked again.
        }
    }

    private async Task<bool> IsGoodAsync(EventClient client)
    {
        if (await access.EndedAsync(client.Admission) is { } reason) client.End(reason);
        return client.Ended.Length == 0;
    }

    private async Task ReceiveAsync(EventClient client, CancellationToken cancellation)
    {
        while (await client.ReceiveAsync(cancellation) is { } command)
        {
            var words = command.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            // What is no command is passed over, as DRP does; what is one is answered.
            if (words.Length != 2 || words[0] is not ("register" or "deregister")) continue;
            string? refused = null;
            if (words[0] == "deregister") client.Deregister(words[1]);
            else refused = client.Register(words[1]);
            var answer = new
            {
                Time = time.GetUtcNow(),
                Type = "websocket",
                Action = refused is null ? words[0] : "refuse",
                Key = words[1],
                Principal = "",
                Object = (object?)null,
                Original = (object?)null,
                Detail = refused ?? "",
            };
            await client.SendAsync(JsonSerializer.SerializeToUtf8Bytes(answer, Json.Options), CancellationToken.None, cancellation);
        }
    }

    private async Task SendAsync(EventClient client, EventListener listener, CancellationToken cancellation)
    {
        await foreach (var happened in listener.Events.ReadAllAsync(cancellation))
        {
            if (!client.Wants(happened)) continue;
            // A person's is in memory; a machine's costs a call, and is asked for by the clock alone.
            if (client.Ended.Length > 0 || (client.Admission.User is not null && !await IsGoodAsync(client))) return;
            try
            {
                if (!await reach.MayHearAsync(client.Principal, happened, cancellation)) continue;
                using var frame = await frames.TakeAsync(happened, cancellation);
                await client.SendAsync(frame.Octets, frame.Revoked, cancellation);
            }
            catch (Exception e) when (DatabaseFailure.Is(e))
            {
                client.End("the database does not answer: what happened cannot be read");
                return;
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "listener {Who} at {Source} is ended: {Reason}")]
    private partial void LogEnded(string who, string source, string reason);
}
