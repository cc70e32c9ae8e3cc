using System.Diagnostics;
using System.IO.Compression;

namespace Anvil.Agent.Disks;

/// <summary>An image as it comes, unpacked as its first octets tell, and known to be one before anything of it is written.</summary>
internal sealed class UnpackedImage : IAsyncDisposable
{
    /// <summary>Octets of a block.</summary>
    public const int Block = 1 << 20;

    private readonly string _url;
    private readonly Process? _unpacker;
    private readonly Task _feeding;
    private readonly Stream _image;
    private ReadOnlyMemory<byte> _first;

    private UnpackedImage(string url, Stream body, string packing)
    {
        (_url, Packing, _feeding) = (url, packing, Task.CompletedTask);
        if (packing is "xz" or "zstd")
        {
            _unpacker = Process.Start(
                new ProcessStartInfo(packing, "-dc") { RedirectStandardInput = true, RedirectStandardOutput = true })
                ?? throw new AgentException("the unpacker does not start");
            _image = _unpacker.StandardOutput.BaseStream;
            _feeding = FeedAsync(body, _unpacker.StandardInput.BaseStream);
        }
        else
        {
            _image = packing == "gzip" ? new GZipStream(body, CompressionMode.Decompress, leaveOpen: true) : body;
        }
    }

    /// <summary>What it is packed by; "" for raw.</summary>
    public string Packing { get; }

    /// <summary>Begins to read an image.</summary>
    /// <param name="body">What comes.</param>
    /// <param name="url">Where from, for messages.</param>
    /// <exception cref="AgentException">It is no raw image of a disk, packed or not.</exception>
    public static async Task<UnpackedImage> OpenAsync(Stream body, string url)
    {
        var head = new byte[ImageKind.Octets];
        var length = await body.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false);
        head = head[..length];
        var packing = ImageKind.Packing(head);
        Check(head, url, "");
        var image = new UnpackedImage(url, new PrefixedStream(head, body), packing);
        try
        {
            var first = new byte[Block];
            var read = await image.NextAsync(first);
            if (read == 0) await image.EndAsync();
            Check(first.AsSpan(0, Math.Min(read, ImageKind.Octets)), url, packing);
            image._first = first.AsMemory(0, read);
            return image;
        }
        catch
        {
            await image.DisposeAsync();
            throw;
        }
    }

    /// <summary>Reads the next block; all of it, but for the last one.</summary>
    /// <returns>Octets; 0 at the end.</returns>
    /// <exception cref="AgentException">It does not unpack.</exception>
    public async ValueTask<int> ReadAsync(Memory<byte> block)
    {
        if (_first.IsEmpty) return await NextAsync(block);
        var read = _first.Length;
        _first.CopyTo(block);
        _first = default;
        return read;
    }

    /// <summary>Waits for the unpacker.</summary>
    /// <exception cref="AgentException">It does not unpack.</exception>
    public async Task EndAsync()
    {
        await _feeding;
        if (_unpacker is null) return;
        await _unpacker.WaitForExitAsync();
        if (_unpacker.ExitCode != 0)
            throw new AgentException($"{_url} does not unpack ({Packing} ended with {_unpacker.ExitCode})");
    }

    public async ValueTask DisposeAsync()
    {
        if (_unpacker is not null)
        {
            _unpacker.Kill();
            _unpacker.Dispose();
        }

        await _image.DisposeAsync();
    }

    private async ValueTask<int> NextAsync(Memory<byte> block)
    {
        try
        {
            return await _image.ReadAtLeastAsync(block, block.Length, throwOnEndOfStream: false);
        }
        catch (InvalidDataException e)
        {
            throw new AgentException($"{_url} does not unpack ({Packing}: {e.Message})");
        }
    }

    /// <param name="head">First octets, as they came or unpacked.</param>
    /// <param name="url">Where from.</param>
    /// <param name="packing">What they were packed by; "" as they came.</param>
    private static void Check(ReadOnlySpan<byte> head, string url, string packing)
    {
        var within = packing.Length > 0 ? $" within {packing}" : "";
        if (head.IsEmpty) throw new AgentException($"{url} is empty{within}: nothing is written");
        var inner = packing.Length > 0 ? ImageKind.Packing(head) : "";
        if ((inner.Length > 0 ? $"packed by {inner}" : ImageKind.NoDisk(head)) is { Length: > 0 } what)
            throw new AgentException(
                $"{url} is {what}{within}, no raw image of a disk (as it is or packed by gzip, xz or zstd): nothing is written");
    }

    /// <summary>What the unpacker does not take any more is its own fault, which its exit code tells.</summary>
    private static async Task FeedAsync(Stream body, Stream unpacker)
    {
        await using var closed = unpacker;
        var buffer = new byte[Block];
        while (await body.ReadAsync(buffer) is var read and > 0)
        {
            try
            {
                await unpacker.WriteAsync(buffer.AsMemory(0, read));
            }
            catch (IOException)
            {
                return;
            }
        }
    }

    /// <summary>A stream of which the first octets were read already.</summary>
    private sealed class PrefixedStream(ReadOnlyMemory<byte> first, Stream rest) : ReadOnceStream
    {
        private ReadOnlyMemory<byte> _first = first;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_first.IsEmpty) return await rest.ReadAsync(buffer, cancellationToken);
            var read = Math.Min(buffer.Length, _first.Length);
            _first[..read].CopyTo(buffer);
            _first = _first[read..];
            return read;
        }
    }
}
