using Orleans.Serialization.Cloning;

namespace Anvil.Contracts.Wire;

/// <summary>Hands documents on within a silo as they are: they are immutable.</summary>
public sealed class DocumentCopier : IGeneralizedCopier
{
    /// <summary>True for the types that travel as JSON: the documents, and what they are made of.</summary>
    public static bool IsDocument(Type type) => type.Namespace?.StartsWith("Anvil.Provisioning", StringComparison.Ordinal) == true;

    /// <inheritdoc/>
    public bool IsSupportedType(Type type) => IsDocument(type);

    /// <inheritdoc/>
    public object? DeepCopy(object? input, CopyContext context) => input;
}
