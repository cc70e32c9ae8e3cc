namespace Anvil.Storage;

/// <summary>Job logs: one append-only file a job, under one folder.</summary>
public sealed class JobLogs(string folder)
{
    /// <summary>Most bytes that one job's log may have.</summary>
    public const long MostBytes = 64L << 20;

    /// <summary>Appends to a job's log; false when it is full.</summary>
    public async Task<bool> AppendAsync(Guid job, Stream content, CancellationToken cancellation)
    {
        Directory.CreateDirectory(folder);
        await using var file = new FileStream(PathOf(job), FileMode.Append, FileAccess.Write, FileShare.ReadWrite, 1, FileOptions.Asynchronous);
        var buffer = new byte[64 << 10];
        while (await content.ReadAsync(buffer, cancellation) is var read and > 0)
        {
            if (file.Length + read > MostBytes) return false;
            await file.WriteAsync(buffer.AsMemory(0, read), cancellation);
        }

        return true;
    }

    /// <summary>Opens a job's log; an empty stream when nothing was logged.</summary>
    public Stream Open(Guid job)
        => File.Exists(PathOf(job)) ? new FileStream(PathOf(job), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete) : Stream.Null;

    /// <summary>Deletes a job's log.</summary>
    public void Delete(Guid job) => File.Delete(PathOf(job));

    private string PathOf(Guid job) => Path.Combine(folder, job.ToString());
}
