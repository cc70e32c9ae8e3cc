using System.Text;
using Anvil.Contracts.Jobs;
using Anvil.Provisioning.Catalog;

namespace Anvil.Storage.Sqlite;

/// <summary>Job logs of a silo alone: one append-only file a job, under one folder.</summary>
/// <param name="folder">The folder.</param>
/// <param name="reserve">Octets of its disk that logs leave free; null for a twentieth of it, at most a GiB.</param>
public sealed class FileJobLogs(string folder, long? reserve = null) : IJobLogs
{
    private const int ReservePart = 20;
    private const long MostReserve = 1L << 30;

    /// <summary>Octets of one write.</summary>
    private const int Piece = 64 << 10;

    private const int Turns = 64;

    /// <summary>Octets that are written between two looks at what is left of the disk.</summary>
    private const int Unlooked = 1 << 20;

    /// <summary>More than any bound, and still far from the end of a number.</summary>
    private const long Urgent = 1L << 45;

    private long _grown;

    /// <summary>Turns to write, each for the logs that share its place: two that write one log would write over each other.</summary>
    private readonly SemaphoreSlim[] _turns = [.. Enumerable.Range(0, Turns).Select(_ => new SemaphoreSlim(1))];

    /// <inheritdoc/>
    public async Task<LogAppend> AppendAsync(Guid job, Stream content, CancellationToken cancellation)
    {
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        // What an agent sends at once is written at once: who ends this process leaves all or nothing of it, but in the midst of the
        // write itself, which the system breaks off between two pages.
        var buffer = new byte[Piece];
        var looked = Unlooked;
        while (await content.ReadAtLeastAsync(buffer, Piece, throwOnEndOfStream: false, cancellation) is var read and > 0)
        {
            if (looked >= Unlooked && !HasRoom())
            {
                // The oldest are to make room, without waiting for the hour.
                Interlocked.Add(ref _grown, Urgent);
                return LogAppend.NoSpace;
            }

            looked = (looked % Unlooked) + read;
            if (!await AppendAsync(job, buffer.AsMemory(0, read), cancellation)) return LogAppend.Full;
        }

        return LogAppend.Whole;
    }

    /// <summary>The database is on the same disk: logs do not take the last of it.</summary>
    private bool HasRoom() => FreeBeyond(reserves: 1) >= 0;

    private long FreeBeyond(int reserves)
    {
        var disk = new DriveInfo(folder);
        return disk.AvailableFreeSpace - (reserves * (reserve ?? Math.Min(MostReserve, disk.TotalSize / ReservePart)));
    }

    /// <inheritdoc/>
    public long? Room => Directory.Exists(folder) ? FreeBeyond(reserves: 2) : null;

    /// <inheritdoc/>
    public ValueTask<long> GrownAsync(CancellationToken cancellation) => ValueTask.FromResult(Interlocked.Read(ref _grown));

    private SemaphoreSlim TurnOf(Guid job) => _turns[(uint)job.GetHashCode() % Turns];

    private async Task<bool> AppendAsync(Guid job, ReadOnlyMemory<byte> piece, CancellationToken cancellation)
    {
        var turn = TurnOf(job);
        await turn.WaitAsync(cancellation);
        try
        {
            // Anew for each piece: a log that was trimmed meanwhile begins another file.
            await using var file = new FileStream(PathOf(job),
                new FileStreamOptions
                {
                    Mode = FileMode.OpenOrCreate,
                    Access = FileAccess.Write,
                    Share = FileShare.ReadWrite | FileShare.Delete,
                    BufferSize = 0,
                    Options = FileOptions.Asynchronous,
                    // Logs say what scripts say, secrets among it.
                    UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
                });
            var length = RandomAccess.GetLength(file.SafeFileHandle);
            if (length + piece.Length > IJobLogs.MostBytes) return false;
            await RandomAccess.WriteAsync(file.SafeFileHandle, piece, length, cancellation);
            Interlocked.Add(ref _grown, piece.Length);
            return true;
        }
        finally
        {
            turn.Release();
        }
    }

    /// <inheritdoc/>
    public async Task CopyToAsync(Guid job, Stream target, CancellationToken cancellation)
    {
        if (File.Exists(NoteOf(job))) await target.WriteAsync(await File.ReadAllBytesAsync(NoteOf(job), cancellation), cancellation);
        if (!File.Exists(PathOf(job))) return;
        await using var file = new FileStream(PathOf(job), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        await file.CopyToAsync(target, cancellation);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<StoredLog>> ListAsync(CancellationToken cancellation)
    {
        var logs = new List<StoredLog>();
        if (!Directory.Exists(folder)) return Task.FromResult<IReadOnlyList<StoredLog>>(logs);
        foreach (var file in new DirectoryInfo(folder).EnumerateFiles())
        {
            if (Guid.TryParse(file.Name, out var job))
                logs.Add(new StoredLog(job, file.Length, new DateTimeOffset(file.LastWriteTimeUtc)));
        }

        return Task.FromResult<IReadOnlyList<StoredLog>>(logs);
    }

    /// <inheritdoc/>
    public async Task TrimAsync(Guid job, string note, CancellationToken cancellation)
    {
        // The note first: a process that ends in between leaves both.
        await using (var file = new FileStream(NoteOf(job),
            new FileStreamOptions
            {
                Mode = FileMode.Create,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            }))
            await file.WriteAsync(Encoding.UTF8.GetBytes(note), cancellation);
        var turn = TurnOf(job);
        await turn.WaitAsync(cancellation);
        try
        {
            File.Delete(PathOf(job));
        }
        finally
        {
            turn.Release();
        }
    }

    /// <inheritdoc/>
    public Task DeleteAsync(Guid job, CancellationToken cancellation)
    {
        // The folder is made with the first log: until then there is none to delete a file in.
        if (File.Exists(PathOf(job))) File.Delete(PathOf(job));
        if (File.Exists(NoteOf(job))) File.Delete(NoteOf(job));
        return Task.CompletedTask;
    }

    private string PathOf(Guid job) => Path.Combine(folder, job.ToString());

    private string NoteOf(Guid job) => $"{PathOf(job)}.trimmed";
}
