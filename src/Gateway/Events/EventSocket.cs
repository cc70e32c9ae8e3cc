using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Anvil.Contracts.Events;
using Anvil.Gateway.Api;
using Anvil.Objects;
using Anvil.Objects.Access;
using Anvil.Objects.Events;
using Anvil.Provisioning.Documents;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;

namespace Anvil.Gateway.Events;

/// <summary>
/// `/api/v3/ws`: a client registers patterns and gets every matching event that it may see as a JSON text frame (DRP's shape).
/// </summary>
internal sealed class EventSocket(EventStream stream, EventObjects objects, AccessService access, TimeProvider time,
    IHostApplicationLifetime lifetime)
{
    /// <summary>So often it is asked whether who listens still may; what changes beside it is known at once.</summary>
    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(2);

    private const int LongestCommand = 1024;
    private const int MostPatterns = 1000;

    /// <summary>Serves one client until it goes, is too slow, or the gateway ends.</summary>
    public async Task HandleAsync(HttpContext http)
    {
        if (!http.WebSockets.IsWebSocketRequest)
            throw new ApiException(ApiError.BadRequest("websocket", "", "GET", "a websocket handshake is needed (RFC 6455)"));
        using var socket = await http.WebSockets.AcceptWebSocketAsync();
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, lifetime.ApplicationStopping);
        using var client = new Client(socket, http.Asked(), http.Admission());
        var channel = await stream.ListenAsync(http.RequestAborted);
        try
        {
            var sending = SendAsync(client, channel.Reader.ReadAllAsync(ending.Token), ending.Token);
            var watching = WatchAsync(client, ending.Token);
            var receiving = ReceiveAsync(client, ending.Token);
            await Task.WhenAny(sending, watching, receiving);
            if (client.Ended.Length > 0)
            {
                await CloseAsync(client);
                // A cancelled read aborts the connection: the client is given time to read the reason.
                await Quietly(receiving.WaitAsync(Farewell, time, CancellationToken.None));
            }

            await ending.CancelAsync();
            await Quietly(sending);
            await Quietly(watching);
        }
        finally
        {
            stream.Forget(channel);
        }

        if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived) await CloseAsync(client);
    }

    private static async Task CloseAsync(Client client)
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
        catch (Exception e) when (e is OperationCanceledException or WebSocketException or ObjectDisposedException or TimeoutException)
        {
            // The client is gone, or the gateway ends.
        }
    }

    /// <summary>Ends when who listens may no longer.</summary>
    private async Task WatchAsync(Client client, CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(Again, time);
        while (await IsGoodAsync(client) && await timer.WaitForNextTickAsync(cancellation))
        {
            // It is asked again.
        }
    }

    private async Task<bool> IsGoodAsync(Client client)
    {
        if (await access.EndedAsync(client.Admission) is { } reason) client.Ended = reason;
        return client.Ended.Length == 0;
    }

    private async Task ReceiveAsync(Client client, CancellationToken cancellation)
    {
        var buffer = new byte[LongestCommand];
        while (true)
        {
            var length = 0;
            ValueWebSocketReceiveResult received;
            do
            {
                if (length == buffer.Length) return;
                received = await client.Socket.ReceiveAsync(buffer.AsMemory(length), cancellation);
                length += received.Count;
            }
            while (!received.EndOfMessage);
            if (received.MessageType == WebSocketMessageType.Close) return;
            var words = Encoding.UTF8.GetString(buffer, 0, length).Split(' ', StringSplitOptions.RemoveEmptyEntries);
            // What is no command is passed over, as DRP does; what is one is answered.
            if (words.Length != 2 || words[0] is not ("register" or "deregister")) continue;
            lock (client.Patterns)
            {
                if (words[0] == "deregister") client.Patterns.Remove(words[1]);
                else if (client.Patterns.Count < MostPatterns && EventPattern.Parse(words[1]) is { } pattern)
                    client.Patterns[words[1]] = pattern;
            }

            await client.SendAsync(
                new
                {
                    Time = time.GetUtcNow(),
                    Type = "websocket",
                    Action = words[0],
                    Key = words[1],
                    Principal = "",
                    Object = (object?)null,
                    Original = (object?)null
                }, cancellation);
        }
    }

    private async Task SendAsync(Client client, IAsyncEnumerable<StoredEvent> events, CancellationToken cancellation)
    {
        await foreach (var happened in events)
        {
            List<EventPattern> patterns;
            lock (client.Patterns) patterns = [.. client.Patterns.Values];
            if (!patterns.Exists(p => p.Matches(happened)) || !client.Asked.Principal.May(happened.Type, "get", happened.Key)) continue;
            // A person's is in memory; a machine's costs a call, and is asked for by the clock alone.
            if (client.Ended.Length > 0 || (client.Admission.User is not null && !await IsGoodAsync(client))) return;
            await client.SendAsync(
                new
                {
                    happened.Time,
                    happened.Type,
                    Action = EventAction.Of(happened),
                    happened.Key,
                    happened.Principal,
                    Object = await objects.OfAsync(happened, client.Asked, cancellation),
                    Original = (object?)null,
                    happened.Detail,
                }, cancellation);
        }
    }

    private sealed class Client(WebSocket socket, ObjectRequest asked, Admission admission) : IDisposable
    {
        private readonly SemaphoreSlim _sending = new(1, 1);

        public WebSocket Socket { get; } = socket;

        /// <summary>Who listens.</summary>
        public ObjectRequest Asked { get; } = asked;

        /// <summary>What it was let in by.</summary>
        public Admission Admission { get; } = admission;

        /// <summary>Why it may listen no longer; "" while it may.</summary>
        public string Ended { get; set; } = "";

        public Dictionary<string, EventPattern> Patterns { get; } = new(StringComparer.Ordinal);

        public void Dispose() => _sending.Dispose();

        public async Task SendAsync<T>(T message, CancellationToken cancellation)
        {
            await _sending.WaitAsync(cancellation);
            try
            {
                await Socket.SendAsync(JsonSerializer.SerializeToUtf8Bytes(message, Json.Options), WebSocketMessageType.Text,
                    endOfMessage: true, cancellation);
            }
            finally
            {
                _sending.Release();
            }
        }
    }
}
