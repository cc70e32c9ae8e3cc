using Anvil.Contracts.Memory;

namespace Anvil.Edge.BootHttp;

/// <summary>
/// The memory that rendered boot files take until their clients have them, by HTTP and TFTP together. A file as machines have them is
/// small, and takes nothing; one that somebody has made large takes its octets, so that who asks for it again and again, and reads slowly,
/// has half of what there is, and not the edge's memory.
/// </summary>
/// <param name="most">Octets in all.</param>
/// <param name="time">The clock of those who wait.</param>
public sealed class RenderedMemory(long most, TimeProvider time)
{
    /// <summary>Octets of a file that count for nothing.</summary>
    public const int Small = 64 << 10;

    /// <summary>How long a request stands in line.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>What is taken.</summary>
    public MemoryBudget Budget { get; } = new(most, time);

    /// <summary>Octets a second that a client takes of a large file by HTTP, beyond the grace.</summary>
    public int HttpRate { get; init; } = 128 << 10;

    /// <summary>Octets a second by TFTP: a client that acknowledges each block of 512 octets is no faster on a long way.</summary>
    public int TftpRate { get; init; } = 16 << 10;

    /// <summary>Time beyond that.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The bound of an edge: a sixteenth of its memory, 64 to 512 MiB.</summary>
    /// <param name="available">Octets that the process may have.</param>
    /// <param name="time">The clock of those who wait.</param>
    public static RenderedMemory Of(long available, TimeProvider time) => new(Math.Clamp(available / 16, 64L << 20, 512L << 20), time);

    /// <summary>Ends the time of a client that holds a large file; never that of a small one.</summary>
    /// <param name="length">Octets of the file.</param>
    /// <param name="rate">Octets a second.</param>
    public CancellationTokenSource Deadline(long length, int rate)
        => length <= Small ? new CancellationTokenSource()
            : new CancellationTokenSource(Grace + TimeSpan.FromSeconds((double)length / rate), time);

    /// <summary>
    /// Renders what is held until its share is disposed. Where there is no room for it, it is thrown away, waits its turn holding
    /// nothing, and is rendered anew.
    /// </summary>
    /// <param name="source">Whose it is.</param>
    /// <param name="render">Renders; asks on its way whether there is room for so many octets, and gives up where there is none.</param>
    /// <param name="waits">Stands in line; who holds something that others need, such as a turn of TFTP's, is refused at once.</param>
    /// <param name="cancellation">The client is gone.</param>
    /// <returns>What was rendered, and what it holds.</returns>
    /// <exception cref="Templates.RenderBusyException">There was no room for too long.</exception>
    public async Task<(T Result, MemoryShare Share)> HoldAsync<T>(string source, Func<Func<long, bool>, Task<T>> render,
        bool waits, CancellationToken cancellation)
    {
        var share = Budget.Open(source);
        try
        {
            for (var isFirst = true; ; isFirst = false)
            {
                var lacks = 0L;
                bool HasRoom(long octets)
                {
                    if (octets <= Small || share.TryGrow(octets - share.Octets)) return true;
                    lacks = octets;
                    return false;
                }

                var result = await render(HasRoom);
                if (lacks == 0) return (result, share);
                // The second time it was longer than the first.
                if (!waits || !isFirst || !await share.TakeAsync(lacks, Patience, cancellation))
                    throw new Templates.RenderBusyException("the memory for large boot files is taken by other requests");
            }
        }
        catch
        {
            share.Dispose();
            throw;
        }
    }
}
