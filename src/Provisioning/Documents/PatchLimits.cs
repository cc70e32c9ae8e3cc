namespace Anvil.Provisioning.Documents;

/// <summary>The bounds of a JSON patch; the document that it makes has those of <see cref="JsonLimits"/> after each operation.</summary>
public static class PatchLimits
{
    /// <summary>Operations of one patch.</summary>
    public const int Operations = 10_000;

    /// <summary>Characters of a pointer.</summary>
    public const int PointerLength = 8192;

    /// <summary>
    /// Work of one patch. A step is an item or four fields that an operation has to lay open, copy or compare, sixteen that it has to
    /// move, or 64 octets that
    /// it has to look through: some tens of nanoseconds and at most some 40 octets of memory each.
    /// </summary>
    public const int Steps = 1_000_000;
}
