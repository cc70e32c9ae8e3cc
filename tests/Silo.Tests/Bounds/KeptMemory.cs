using System.Diagnostics.Tracing;
using Microsoft.Diagnostics.NETCore.Client;
using Microsoft.Diagnostics.Tracing;
using Microsoft.Diagnostics.Tracing.Parsers;

namespace Anvil.Silo.Tests.Bounds;

/// <summary>
/// What a process of .NET keeps: the objects that a whole collection leaves. Unlike the memory that it has taken, that does not depend on
/// when the collector ran of itself.
/// </summary>
public static class KeptMemory
{
    /// <summary>Makes the process collect, and tells what is left, in octets (runtime event GCHeapStats).</summary>
    /// <param name="process">Its id.</param>
    /// <param name="patience">After how long it is given up.</param>
    /// <exception cref="TimeoutException">No collection was reported.</exception>
    public static async Task<long> OfAsync(int process, TimeSpan patience)
    {
        // The keyword's session begins with a whole collection.
        var provider = new EventPipeProvider(ClrTraceEventParser.ProviderName, EventLevel.Informational,
            (long)(ClrTraceEventParser.Keywords.GC | ClrTraceEventParser.Keywords.GCHeapCollect));
        using var session = new DiagnosticsClient(process).StartEventPipeSession(provider, requestRundown: false);
        var kept = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        var read = Task.Run(() =>
        {
            using var source = new EventPipeEventSource(session.EventStream);
            var whole = false;
            source.Clr.GCStart += e => whole = e is { Depth: 2, Reason: Microsoft.Diagnostics.Tracing.Parsers.Clr.GCReason.Induced };
            source.Clr.GCHeapStats += e =>
            {
                if (whole) kept.TrySetResult(e.TotalHeapSize);
            };
            source.Process();
        });
        try
        {
            return await kept.Task.WaitAsync(patience);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"process {process} reported no whole collection within {patience}", e);
        }
        finally
        {
            session.Stop();
            await read;
        }
    }
}
