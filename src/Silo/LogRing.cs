using System.Buffers.Binary;
using System.Globalization;
using Anvil.Contracts.Diagnostics;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Lists;
using Serilog.Core;
using Serilog.Events;

namespace Anvil.Silo;

/// <summary>
/// The last lines of this silo's log, in memory (DRP's log buffer). They are those that it prints, without the texts of exceptions: who
/// reads them at the machine's console may be told more than who reads them by the API.
/// </summary>
internal sealed class LogRing : ILogEventSink, ILogLines
{
    /// <summary>Lines that are kept.</summary>
    public const int Most = 1000;

    /// <summary>Characters of a message.</summary>
    public const int Longest = 2000;

    private readonly Lock _gate = new();
    private readonly Queue<LogLine> _lines = new(Most);
    private long _seq;

    /// <inheritdoc/>
    public IReadOnlyList<LogLine> Lines
    {
        get
        {
            lock (_gate) return [.. _lines];
        }
    }

    /// <inheritdoc/>
    public void Emit(LogEvent logEvent)
    {
        var source = PrintableLog.Source(logEvent);
        var message = PrintableLog.Message(logEvent);
        if (logEvent.Exception is { } exception) message += $" ({exception.GetType().Name})";
        message = PrintableText.Of(message);
        if (message.Length > Longest) message = CodePoints.First(message, Longest) + "…";
        var line = new LogLine(Group(logEvent), 0, logEvent.Timestamp.ToUniversalTime(), Service(source), Level(logEvent.Level), source,
            message);
        lock (_gate)
        {
            if (_lines.Count == Most) _lines.Dequeue();
            _lines.Enqueue(line with { Seq = ++_seq });
        }
    }

    /// <summary>A number of the trace, that fits into what every client's numbers hold.</summary>
    private static long Group(LogEvent logEvent)
    {
        if (logEvent.TraceId is not { } trace) return 0;
        Span<byte> octets = stackalloc byte[16];
        trace.CopyTo(octets);
        return BinaryPrimitives.ReadUInt32BigEndian(octets);
    }

    /// <summary>Anvil.Gateway.Api.X is the gateway; others are known by their first word.</summary>
    private static string Service(string source)
        => (source.Split('.') is ["Anvil", var part, ..] ? part : source.Split('.')[0]).ToLower(CultureInfo.InvariantCulture);

    private static string Level(LogEventLevel level) => level switch
    {
        LogEventLevel.Verbose => "trace",
        LogEventLevel.Debug => "debug",
        LogEventLevel.Information => "info",
        LogEventLevel.Warning => "warn",
        LogEventLevel.Error => "error",
        _ => "fatal",
    };
}
