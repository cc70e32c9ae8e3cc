using Anvil.Provisioning.Machines;
using Anvil.Provisioning.Network;

namespace Anvil.Contracts;

/// <summary>
/// Keys of grains. Each has a prefix that is no hexadecimal digit: the AdoNet provider reads hex-looking keys as numbers.
/// </summary>
public static class GrainKeys
{
    /// <summary>Key of the catalog's one grain.</summary>
    public const string Catalog = "catalog-main";

    /// <summary>Key of a machine, by its uuid.</summary>
    public static string Machine(string uuid) => "m-" + uuid.ToLowerInvariant();

    /// <summary>Key of a subnet, by its name.</summary>
    public static string Subnet(string name) => "s-" + name;

    /// <summary>Key of a webhook, by its name.</summary>
    public static string Webhook(string name) => "w-" + name;

    /// <summary>The part of a key after its prefix.</summary>
    public static string Bare(string key) => key[2..];
}
