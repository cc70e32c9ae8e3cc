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

    /// <summary>Subnets of all uploaded packs: each names those that it overlaps.</summary>
    public const int Subnets = 1_000;

    /// <summary>Kinds of objects that a pack has a section of.</summary>
    public const int Sections = 64;

    /// <summary>Octets (UTF-8) of a field of what a pack says of itself.</summary>
    public const int Field = 4 << 10;

    /// <summary>Octets (UTF-8) of its documentation.</summary>
    public const int Documentation = 64 << 10;

    /// <summary>Features that a pack asks for, and packs that it builds upon: so many of each.</summary>
    public const int Needs = 256;

    /// <summary>
    /// Tasks that are looked at for the task lists of all of a pack's tasks, stages and workflows, those that add nothing counted.
    /// </summary>
    public const int Looks = 2_000_000;

    /// <summary>Warnings that are told of a pack.</summary>
    public const int Warnings = 100;
}
