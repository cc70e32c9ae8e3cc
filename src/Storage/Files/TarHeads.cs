using System.Globalization;
using System.Text;
using Anvil.Contracts.Files;

namespace Anvil.Storage.Files;

/// <summary>
/// A tar stream, each header of which is looked at before its reader is given it. What .NET's reader takes into memory whole (names of
/// GNU tar, records of pax) is bounded here, and what it could take for something else than is seen here is refused.
/// </summary>
/// <param name="inner">The stream.</param>
internal sealed class TarHeads(Stream inner) : ReadOnceStream
{
    /// <summary>Most octets of the records, or of a long name, that stand before an entry.</summary>
    public const int MostBefore = 1 << 20;

    private const int Block = 512;
    private const int NameLength = 100;
    private const int SizeAt = 124;
    private const int SizeLength = 12;
    private const int TypeAt = 156;

    private readonly byte[] _head = new byte[Block];
    private int _filled;
    private long _content;
    private byte[] _records = [];
    private int _recorded;
    private long? _size;
    private bool _isForAll;
    private bool _isOver;

    /// <inheritdoc/>
    /// <exception cref="InvalidDataException">A header is none, or beyond the bounds.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await inner.ReadAsync(buffer, cancellationToken);
        Look(buffer.Span[..read]);
        return read;
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count)
    {
        var read = inner.Read(buffer, offset, count);
        Look(buffer.AsSpan(offset, read));
        return read;
    }

    private void Look(ReadOnlySpan<byte> octets)
    {
        while (octets.Length > 0 && !_isOver)
        {
            if (_content > 0)
            {
                var passed = (int)Math.Min(_content, octets.Length);
                Record(octets[..passed]);
                _content -= passed;
                octets = octets[passed..];
                continue;
            }

            var taken = Math.Min(Block - _filled, octets.Length);
            octets[..taken].CopyTo(_head.AsSpan(_filled));
            octets = octets[taken..];
            if ((_filled += taken) < Block) return;
            _filled = 0;
            Header();
        }
    }

    private void Record(ReadOnlySpan<byte> octets)
    {
        if (_recorded == _records.Length) return;
        var taken = Math.Min(_records.Length - _recorded, octets.Length);
        octets[..taken].CopyTo(_records.AsSpan(_recorded));
        if ((_recorded += taken) < _records.Length) return;
        var size = SizeOf(_records);
        // The reader takes no size from there.
        if (_isForAll && size is not null) throw new InvalidDataException("a size is given to all entries");
        _size = size ?? _size;
        (_records, _recorded) = ([], 0);
    }

    private void Header()
    {
        if (!_head.AsSpan().ContainsAnyExcept((byte)0))
        {
            // Nothing is read beyond the end.
            _isOver = true;
            return;
        }

        var (type, size) = ((char)_head[TypeAt], Number(_head.AsSpan(SizeAt, SizeLength)));
        switch (type)
        {
            case 'x' or 'g' or 'L' or 'K':
                if (size > MostBefore) throw new InvalidDataException($"{MostBefore} octets is the most that may stand before an entry");
                if (type is 'x' or 'g') (_records, _recorded, _isForAll) = (new byte[size], 0, type == 'g');
                break;
            case '\0' or '0' or '7':
                size = _size ?? size;
                var name = _head.AsSpan(0, NameLength).TrimEnd((byte)0);
                if (size > 0 && type == '\0' && name.EndsWith("/"u8)) throw new InvalidDataException("a folder has a content");
                _size = null;
                break;
            case >= '1' and <= '6':
                size = Math.Max(size, _size ?? 0);
                if (size > 0) throw new InvalidDataException("what is no file has a content");
                _size = null;
                break;
            default:
                throw new InvalidDataException($"entries of the type {(char.IsAsciiLetterOrDigit(type) ? type : '?')} are not read");
        }

        _content = (size + Block - 1) / Block * Block;
    }

    /// <summary>The size that records of pax give the next entry; null where they give none.</summary>
    private static long? SizeOf(ReadOnlySpan<byte> records)
    {
        long? size = null;
        while (records.Length > 0 && records[0] != 0)
        {
            var space = records.IndexOf((byte)' ');
            if (space <= 0 || !int.TryParse(records[..space], NumberStyles.None, CultureInfo.InvariantCulture, out var length)
                || length <= space + 1 || length > records.Length
                // Readers differ in where a record ends that has further lines.
                || records[..length].IndexOf((byte)'\n') != length - 1) throw new InvalidDataException("records before an entry are none");
            var record = records[(space + 1)..length];
            if (record.StartsWith("GNU.sparse."u8)) throw new InvalidDataException("sparse files are not read: pack it without (no -S)");
            if (record.StartsWith("size="u8))
            {
                size = long.TryParse(Encoding.ASCII.GetString(record["size=".Length..]).TrimEnd('\n'), NumberStyles.None,
                    CultureInfo.InvariantCulture, out var read) && read <= long.MaxValue - Block ? read
                    : throw new InvalidDataException("a size before an entry is no number");
            }

            records = records[length..];
        }

        return size;
    }

    private static long Number(ReadOnlySpan<byte> field)
    {
        if (field[0] == 0x80)
        {
            // GNU tar's, in base 256.
            if (field[1..5].ContainsAnyExcept((byte)0) || field[5] != 0) throw new InvalidDataException("a size is too large");
            return field[5..].ToArray().Aggregate(0L, (sum, octet) => (sum << 8) | octet);
        }

        var number = 0L;
        foreach (var octet in field.Trim(" \0"u8))
            number = octet is >= (byte)'0' and <= (byte)'7' ? number * 8 + octet - '0'
                : throw new InvalidDataException("a size is no number");
        return number;
    }
}
