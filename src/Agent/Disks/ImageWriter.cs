using System.Diagnostics;
using System.IO.Compression;

namespace Anvil.Agent.Disks;

/// <summary>
/// Writes a disk image from HTTP to a disk: raw, or packed by zstd, gzip or xz, told by its first octets. Blocks of zeros are
/// skipped after the disk was discarded or its old content overwritten; the hash of what came is checked at the end.
/// </summary>
public static class ImageWriter
{
    private static readonly TimeSpan Report = TimeSpan.FromSeconds(5);

    /// <summary>Writes the image.</summary>
    /// <param name="url">Where it is.</param>
    /// <param name="disk">Device file.</param>
    /// <param name="sha256">Hash of the file at the URL, in hex; "" for none.</param>
    /// <exception cref="AgentException">It cannot be fetched or written, is no image, does not fit, or has another hash.</exception>
    public static async Task WriteAsync(string url, string disk, string sha256)
    {
        var device = BlockDevices.All().FirstOrDefault(d => d.Path == disk) ?? throw new AgentException($"{disk} is no disk");
        if (MountedParts.Of(device.Name) is { Length: > 0 } mounted)
            throw new AgentException(mounted == disk ? $"{disk} is mounted" : $"{disk} is mounted: {mounted} is a part of it");
        using var http = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
        await using var download = await ResumingDownload.OpenAsync(http, url);
        var length = download.Size;
        var size = length is { } octets ? $"{octets >> 20} MiB" : "unknown length";
        Console.WriteLine($"writes {url} ({size}) to {disk} ({device.Model} {device.Size >> 20} MiB)");
        // sha256sum: .NET's own hashes need OpenSSL, which Sledgehammer does without.
        using var hasher = sha256.Length == 0 ? null
            : Process.Start(new ProcessStartInfo("sha256sum") { RedirectStandardInput = true, RedirectStandardOutput = true })
                ?? throw new AgentException("sha256sum does not start");
        await using var body = new HashingStream(download, hasher?.StandardInput.BaseStream ?? Stream.Null);
        await using var image = await UnpackedImage.OpenAsync(body, url);
        if (image.Packing.Length == 0 && length > device.Size)
            throw new AgentException($"the image is larger than {disk}: nothing is written");
        var discarded = TryDiscard(disk);
        long written;
        await using (var target = new FileStream(disk, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, 1))
        {
            written = await CopyAsync(image, body, target, device.Size, skipZeros: discarded, length, disk);
            target.Flush(flushToDisk: true);
        }

        await body.CopyToAsync(Stream.Null);
        hasher?.StandardInput.Close();
        var got = hasher is null ? sha256 : (await hasher.StandardOutput.ReadToEndAsync()).Split(' ')[0];
        if (!got.Equals(sha256, StringComparison.OrdinalIgnoreCase)) throw new AgentException($"{url} has SHA-256 {got}, not {sha256}");
        await using (var target = new FileStream(disk, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, 1))
        {
            if (SectorFit.Apply(target, device.Size, device.SectorSize, written) is { } done) Console.WriteLine(done);
            target.Flush(flushToDisk: true);
        }

        Commands.Run("blockdev", $"--rereadpt {disk}");
        Console.WriteLine($"{written >> 20} MiB are on {disk}");
    }

    private static async Task<long> CopyAsync(UnpackedImage image, HashingStream body, FileStream target, long size, bool skipZeros,
        long? length, string disk)
    {
        var buffer = new byte[UnpackedImage.Block];
        var zeros = new byte[UnpackedImage.Block];
        long at = 0;
        var clock = Stopwatch.StartNew();
        var shown = TimeSpan.Zero;
        while (await image.ReadAsync(buffer) is var read and > 0)
        {
            if (at + read > size) throw new AgentException($"the image is larger than {disk}");
            if (!skipZeros || !buffer.AsSpan(0, read).SequenceEqual(zeros.AsSpan(0, read)))
            {
                target.Position = at;
                await target.WriteAsync(buffer.AsMemory(0, read));
            }

            at += read;
            if (clock.Elapsed - shown < Report) continue;
            shown = clock.Elapsed;
            var share = length is { } whole and > 0 ? $"{body.Taken * 100 / whole} %, " : "";
            Console.WriteLine($"{share}{at >> 20} MiB written, {(at >> 20) / clock.Elapsed.TotalSeconds:F0} MiB/s");
        }

        await image.EndAsync();
        return at;
    }

    private static bool TryDiscard(string disk)
    {
        try
        {
            // -z zeroes: only then may blocks of zeros be left out.
            Commands.Run("blkdiscard", $"-f -z {disk}");
            return true;
        }
        catch (AgentException)
        {
            return false;
        }
    }

    /// <summary>Passes octets on, to the reader and to the hasher, and counts them.</summary>
    private sealed class HashingStream(Stream inner, Stream hasher) : ReadOnceStream
    {
        public long Taken { get; private set; }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await inner.ReadAsync(buffer, cancellationToken);
            await hasher.WriteAsync(buffer[..read], cancellationToken);
            Taken += read;
            return read;
        }
    }
}
