using System.Threading.Channels;

namespace Anvil.Objects.Bulk;

/// <summary>
/// Does something to many machines, some at once, and gives a line for each as it is done. When it stops, no further machine is begun, and
/// those that are begun come to their end: nothing is left half.
/// </summary>
/// <param name="plan">What, and to which machines.</param>
/// <param name="act">Does it to one; never fails.</param>
/// <param name="stopped">Why no further one is to be begun, "" where it goes on; asked before each.</param>
internal sealed class BulkRun(BulkPlan plan, Func<string, Task<BulkLine>> act, Func<ValueTask<string>> stopped)
{
    private readonly Lock _gate = new();
    private int _done;
    private int _failed;
    private string _stopped = "";

    /// <summary>How far it is.</summary>
    /// <param name="isDryRun">Nothing is made.</param>
    public BulkTotals Totals(bool isDryRun)
    {
        lock (_gate)
        {
            var total = plan.Uuids.Count;
            return new BulkTotals(total, _done, _failed, total - _done - _failed, _stopped, isDryRun);
        }
    }

    /// <summary>Begins no further machine, for the first reason that there is.</summary>
    public void Stop(string reason)
    {
        lock (_gate)
        {
            if (_stopped.Length == 0) _stopped = reason;
        }
    }

    /// <summary>The lines. Who stops reading them before the last one has to say so (<see cref="Stop"/>) and to read on.</summary>
    public async IAsyncEnumerable<BulkLine> LinesAsync()
    {
        var atOnce = plan.Request.Parallel > 0 ? plan.Request.Parallel : Provisioning.Machines.BulkRequest.UsualParallel;
        var lines = Channel.CreateBounded<BulkLine>(new BoundedChannelOptions(atOnce) { SingleReader = true });
        var work = Task.Run(() => WorkAsync(lines.Writer, atOnce));
        await foreach (var line in lines.Reader.ReadAllAsync()) yield return line;
        await work;
    }

    private async Task WorkAsync(ChannelWriter<BulkLine> lines, int atOnce)
    {
        try
        {
            await Parallel.ForEachAsync(plan.Uuids, new ParallelOptions { MaxDegreeOfParallelism = atOnce }, async (uuid, _) =>
            {
                if (!await GoesOnAsync()) return;
                var line = await act(uuid);
                Count(line);
                await lines.WriteAsync(line, CancellationToken.None);
            });
            lines.Complete();
        }
        catch (Exception e)
        {
            lines.Complete(e);
        }
    }

    private async ValueTask<bool> GoesOnAsync()
    {
        lock (_gate)
        {
            if (_stopped.Length > 0) return false;
        }

        if (await stopped() is not { Length: > 0 } reason) return true;
        Stop(reason);
        return false;
    }

    private void Count(BulkLine line)
    {
        lock (_gate)
        {
            if (line.Error is null) _done++;
            else _failed++;
            var most = plan.Request.StopAfter;
            if (most > 0 && _failed >= most && _stopped.Length == 0) _stopped = $"{_failed} failed (StopAfter)";
        }
    }
}
