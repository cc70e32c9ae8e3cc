namespace Anvil.Provisioning.Catalog;

/// <summary>
/// How much uploaded content packs may hold beside their octets (<see cref="CatalogBounds"/>, JsonLimits): an object of a few octets is a
/// whole document in the memory of each silo, and each pack is looked through for what is in no other layer.
/// </summary>
public static class PackBounds
{
    /// <summary>Uploaded packs.</summary>
    public const int Packs = 100;

    /// <summary>Objects of one pack.</summary>
    public const int Objects = 20_000;

    /// <summary>Objects of all uploaded packs.</summary>
    public const int AllObjects = 100_000;

    /// <summary>Warnings that are told of a pack.</summary>
    public const int Warnings = 100;
}
