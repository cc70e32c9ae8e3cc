namespace Anvil.Provisioning.Documents;

/// <summary>Counts the work of one patch, and refuses it when there is too much of it.</summary>
internal sealed class PatchWork
{
    private const int OctetsInAStep = 64;
    private const int MovesInAStep = 16;
    private const int StepsOfAField = 4;
    private long _steps;

    /// <summary>Items of a list are laid open, copied or compared.</summary>
    public void Items(int count) => Take(count);

    /// <summary>Fields of an object are laid open, copied or compared.</summary>
    public void Fields(int count) => Take((long)count * StepsOfAField);

    /// <summary>Items are moved to make or close a gap.</summary>
    public void Move(int count) => Take(count / MovesInAStep);

    /// <summary>Octets are looked through.</summary>
    public void LookThrough(long octets) => Take(octets / OctetsInAStep);

    private void Take(long steps)
    {
        _steps += steps + 1;
        if (_steps > PatchLimits.Steps)
            throw new PatchFault("the patch asks for too much work; send it in parts, or replace the whole value");
    }
}
