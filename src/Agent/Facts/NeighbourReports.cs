using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using System.Threading.Channels;

namespace Anvil.Agent.Facts;

/// <summary>
/// Tells of neighbours as they are heard, in one loop: of each network card the newest, and no more often than once in a while. Who speaks
/// on the wire as fast as it goes, or while the API is away, brings about no more than the next report.
/// </summary>
/// <param name="report">Keeps and tells what was heard, by the card; what it throws is told, and the loop goes on.</param>
/// <param name="say">Told why a report failed.</param>
/// <param name="time">The clock.</param>
internal sealed class NeighbourReports(
    Func<IReadOnlyDictionary<string, JsonObject>, Task> report, Action<string> say, TimeProvider time)
{
    /// <summary>Time between two reports at least: switches speak every 30 s.</summary>
    public static readonly TimeSpan Least = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, JsonObject> _heard = new(StringComparer.Ordinal);
    private readonly Channel<bool> _news = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    /// <summary>Notes a neighbour; returns at once.</summary>
    public void Heard(string card, JsonObject neighbour)
    {
        _heard[card] = neighbour;
        _news.Writer.TryWrite(true);
    }

    /// <summary>Reports until it is ended.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        while (await _news.Reader.WaitToReadAsync(cancellation))
        {
            _news.Reader.TryRead(out _);
            var newest = new Dictionary<string, JsonObject>(StringComparer.Ordinal);
            foreach (var card in _heard.Keys)
            {
                if (_heard.TryRemove(card, out var neighbour)) newest[card] = neighbour;
            }

            try
            {
                if (newest.Count > 0) await report(newest);
            }
            catch (Exception e) when (e is not OutOfMemoryException && !cancellation.IsCancellationRequested)
            {
                say($"neighbours could not be told of ({e.GetBaseException().Message})");
            }

            await Task.Delay(Least, time, cancellation);
        }
    }
}
