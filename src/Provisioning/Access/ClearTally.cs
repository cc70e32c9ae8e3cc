namespace Anvil.Provisioning.Access;

/// <summary>
/// How many objects are known to hold secure values in clear, while they are looked for in pieces. Until a pass has ended with nothing
/// left since a param became secure, one at least may be: a piece without any tells nothing of those behind it.
/// </summary>
public sealed class ClearTally
{
    private int _left;
    private int _failed;
    private bool _isUnsure = true;

    /// <summary>The number; 0 for none.</summary>
    public int Left => Volatile.Read(ref _left);

    /// <summary>A pass begins.</summary>
    /// <param name="hasSecure">There are secure params.</param>
    public void Begin(bool hasSecure)
    {
        _failed = 0;
        _isUnsure &= hasSecure;
        Show(0);
    }

    /// <summary>A param has become secure, or a pass did not come to its end: nothing is known of any object.</summary>
    public void Doubt()
    {
        _isUnsure = true;
        Show(0);
    }

    /// <summary>A piece was looked through.</summary>
    /// <param name="found">Objects in it that hold some.</param>
    public void Found(int found)
    {
        _isUnsure |= found > 0;
        Show(found);
    }

    /// <summary>Some objects could not be sealed.</summary>
    public void Failed(int objects = 1)
    {
        _failed += objects;
        _isUnsure |= objects > 0;
        Show(0);
    }

    /// <summary>A pass ended.</summary>
    /// <returns>Objects that are left.</returns>
    public int End()
    {
        _isUnsure = _failed > 0;
        Show(0);
        return _failed;
    }

    private void Show(int found) => Volatile.Write(ref _left, Math.Max(_isUnsure ? 1 : 0, _failed + found));
}
