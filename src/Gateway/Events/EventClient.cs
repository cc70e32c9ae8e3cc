using System.Net.WebSockets;
using System.Text;
using Anvil.Contracts.Events;
using Anvil.Objects.Access;
using Anvil.Objects.Events;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Lists;

namespace Anvil.Gateway.Events;

/// <summary>One who listens at a websocket: what it wants to hear, and what it is sent, one frame at a time.</summary>
internal sealed class EventClient(WebSocket socket, Admission admission, TimeSpan patience, TimeProvider time) : IDisposable
{
    /// <summary>Octets of a command.</summary>
    private const int LongestCommand = 1024;

    /// <summary>Frames of a command (fragments): those that are empty would never come to an end.</summary>
    private const int MostFrames = 64;

    /// <summary>
    /// Octets that are sent at once (fragments, RFC 6455 section 5.4): the server copies what it is given before it waits for the client.
    /// </summary>
    private const int Piece = 32 << 10;

    private readonly byte[] _command = new byte[LongestCommand];
    private readonly SemaphoreSlim _sending = new(1, 1);
    private EventPatterns _patterns = EventPatterns.None;
    private int _length;

    public WebSocket Socket { get; } = socket;

    /// <summary>What it was let in by.</summary>
    public Admission Admission { get; } = admission;

    public Principal Principal => Admission.Principal;

    /// <summary>Why it is ended; "" while it may listen.</summary>
    public string Ended { get; private set; } = "";

    public void Dispose() => _sending.Dispose();

    /// <summary>Says why it is ended; the first reason counts.</summary>
    public void End(string reason)
    {
        if (Ended.Length == 0) Ended = reason;
    }

    /// <summary>Wants to hear of an event, whether or not it may.</summary>
    public bool Wants(StoredEvent happened) => _patterns.Hear(happened);

    /// <summary>The next command; null when it is gone, or says more than a command has.</summary>
    public async Task<string?> ReceiveAsync(CancellationToken cancellation)
    {
        var (length, frames) = (0, 0);
        ValueWebSocketReceiveResult received;
        do
        {
            if (length == _command.Length)
            {
                End($"a command has at most {LongestCommand} octets");
                return null;
            }

            if (frames++ == MostFrames)
            {
                End($"a command has at most {MostFrames} frames");
                return null;
            }

            received = await Socket.ReceiveAsync(_command.AsMemory(length), cancellation);
            length += received.Count;
        }
        while (!received.EndOfMessage);
        return received.MessageType == WebSocketMessageType.Close ? null : Encoding.UTF8.GetString(_command, 0, length);
    }

    /// <summary>Registers a pattern.</summary>
    /// <returns>Why it is none; null when it is.</returns>
    public string? Register(string text)
    {
        if (EventPattern.Parse(text) is not { } pattern) return "a pattern is TYPE.ACTION.KEY, each * for all";
        if (_patterns.Has(pattern)) return null;
        if (_patterns.Count >= ListenerBounds.MostPatterns || _length + text.Length > ListenerBounds.PatternLength)
            return $"a listener has at most {ListenerBounds.MostPatterns} patterns of {ListenerBounds.PatternLength} characters together";
        _length += text.Length;
        _patterns = _patterns.With(pattern);
        return null;
    }

    /// <summary>Forgets a pattern.</summary>
    public void Deregister(string text)
    {
        if (EventPattern.Parse(text) is not { } pattern || !_patterns.Has(pattern)) return;
        _length -= text.Length;
        _patterns = _patterns.Without(pattern);
    }

    /// <summary>Sends a text. Who does not read it in time, or is told that others need the room, is too slow: it is ended.</summary>
    /// <param name="text">JSON, UTF-8.</param>
    /// <param name="revoked">Others need the room.</param>
    /// <param name="cancellation">The gateway or the connection ends.</param>
    public async Task SendAsync(ReadOnlyMemory<byte> text, CancellationToken revoked, CancellationToken cancellation)
    {
        using var slow = new CancellationTokenSource(patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(slow.Token, revoked, cancellation);
        try
        {
            await _sending.WaitAsync(either.Token);
            try
            {
                while (text.Length > Piece)
                {
                    await Socket.SendAsync(text[..Piece], WebSocketMessageType.Text, endOfMessage: false, either.Token);
                    text = text[Piece..];
                }

                await Socket.SendAsync(text, WebSocketMessageType.Text, endOfMessage: true, either.Token);
            }
            finally
            {
                _sending.Release();
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            End(revoked.IsCancellationRequested ? "too slow: others need the memory of what it has not read"
                : $"too slow: it took more than {patience.TotalSeconds:0.#} s to read one event");
            throw;
        }
    }
}
