using System.Text.Json;

namespace Anvil.Provisioning.Documents;

/// <summary>How large a document is.</summary>
public static class DocumentSize
{
    /// <summary>Octets of its JSON, counted as they are written: no more than a piece of it is held.</summary>
    public static long Of(Document document) => Counted(document, document.GetType());

    /// <summary>Octets of a value as it is stored: what is outside of Unicode's first plane takes twelve.</summary>
    public static long Of(JsonElement value) => Counted(value, typeof(JsonElement));

    /// <summary>Octets of a text as it is stored, with its quotation marks.</summary>
    public static long Of(string text) => Counted(text, typeof(string));

    private static long Counted(object value, Type type)
    {
        using var count = new Counter();
        JsonSerializer.Serialize(count, value, type, Json.Options);
        return count.Length;
    }

    /// <summary>Counts what is written to it.</summary>
    private sealed class Counter : Stream
    {
        private long _length;

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => _length;

        public override long Position
        {
            get => _length;
            set => throw new NotSupportedException();
        }

        public override void Flush()
        {
            // Nothing is kept.
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => _length += count;

        public override void Write(ReadOnlySpan<byte> buffer) => _length += buffer.Length;
    }
}
