namespace Anvil.Contracts.Placement;

/// <summary>What silos tell each other about themselves (Orleans' silo metadata).</summary>
public static class SiloTraits
{
    /// <summary>
    /// Present on silos that the catalog's writer can tell of changes (<see cref="Anvil.Contracts.Catalog.ICatalogService"/>).
    /// </summary>
    public const string Catalog = "anvil.catalog";

    /// <summary>
    /// Present on silos that know machines' boot records (<see cref="Anvil.Contracts.Machines.IBootStateStore"/>).
    /// </summary>
    public const string BootStates = "anvil.bootstates";

    /// <summary>
    /// Present on silos that know content packs of the API (<see cref="Anvil.Provisioning.Catalog.StoredPack"/>): others pass their rows
    /// over.
    /// </summary>
    public const string Packs = "anvil.packs";

    /// <summary>
    /// Present on silos that know uploaded files and ISOs: others serve none, and pass their rows over.
    /// </summary>
    public const string Files = "anvil.files";

    /// <summary>
    /// Present on silos that go by roles and tenants, and that refuse tokens which were revoked by their id.
    /// </summary>
    public const string Access = "anvil.access";

    /// <summary>
    /// Present on silos that try changes without making them (<see cref="Anvil.Contracts.Catalog.ICatalogGrain.Try"/> and its like).
    /// </summary>
    public const string Trials = "anvil.trials";

    /// <summary>Present on silos that know webhooks: others deliver nothing, and pass their rows over.</summary>
    public const string Webhooks = "anvil.webhooks";

    /// <summary>Metadata key of a role; its value is "true".</summary>
    public const string RolePrefix = "anvil.role.";

    /// <summary>Metadata key of the IPv4 addresses that an edge serves, with commas between.</summary>
    public const string Addresses = "anvil.addresses";

    /// <summary>Metadata key of an edge that keeps the machines in memory and is told of their changes; its value is "true".</summary>
    public const string Directory = "anvil.directory";

    /// <summary>
    /// Metadata key of an edge that says which boot files it has (<see cref="Anvil.Contracts.Catalog.IBootFileService"/>); its value is
    /// "true".
    /// </summary>
    public const string BootFiles = "anvil.bootfiles";

    /// <summary>
    /// Metadata key of an edge that tells of its network interfaces (<see cref="IInterfaceService"/>); its value is "true".
    /// </summary>
    public const string Interfaces = "anvil.interfaces";

    /// <summary>
    /// Metadata key of a silo that has contents of uploaded files (<see cref="Anvil.Contracts.Files.IBlobService"/>); its value is "true".
    /// </summary>
    public const string Blobs = "anvil.blobs";

    /// <summary>Hosts machines' grains.</summary>
    public const string Core = "core";

    /// <summary>Serves DHCP, TFTP and boot HTTP.</summary>
    public const string Edge = "edge";

    /// <summary>Serves the API.</summary>
    public const string Gateway = "gateway";
}
