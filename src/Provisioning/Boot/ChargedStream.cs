using Anvil.Templates;

namespace Anvil.Provisioning.Boot;

/// <summary>A stream in memory that charges a budget before it grows: sixteen octets for one, text and tree of it together.</summary>
internal sealed class ChargedStream(RenderBudget budget) : MemoryStream
{
    private const int OctetsOfOne = 16;

    /// <summary>What was written.</summary>
    public ReadOnlySpan<byte> Written => GetBuffer().AsSpan(0, (int)Length);

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count)
    {
        Charge(count);
        base.Write(buffer, offset, count);
    }

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        Charge(buffer.Length);
        // A class that derives from MemoryStream is asked for its other method by this one, which copies once more.
        base.Write(buffer.ToArray(), 0, buffer.Length);
    }

    private void Charge(int count)
    {
        budget.Step(1 + (count / 64));
        budget.Allocate((long)OctetsOfOne * count);
    }
}
