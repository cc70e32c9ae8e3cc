using Anvil.Provisioning.Network;

namespace Anvil.Provisioning.Catalog;

/// <summary>Who is let in: what becomes of a machine that registers itself.</summary>
public static class RegistrationPolicy
{
    /// <summary>Machines register themselves, and work off the default workflow; they are given no secure param.</summary>
    public const string Open = "open";

    /// <summary>Machines register themselves, and wait until somebody approves of them.</summary>
    public const string Approve = "approve";

    /// <summary>Machines do not register themselves.</summary>
    public const string Closed = "closed";

    /// <summary>The entry of a subnet's Meta by which it says otherwise than the preference `registration`.</summary>
    public const string SubnetMeta = "registration";

    /// <summary>True for a policy that there is.</summary>
    public static bool IsPolicy(string value) => value is Open or Approve or Closed;

    /// <summary>The policy for a machine at an address: its subnet's, else the preference's.</summary>
    /// <param name="address">0 for none that is known.</param>
    /// <param name="catalog">The catalog.</param>
    public static string PolicyAt(uint address, CatalogSnapshot catalog)
    {
        var own = address != 0 && catalog.SubnetOf(address) is { } subnet ? subnet.Meta.GetValueOrDefault(SubnetMeta, "") : "";
        // What is not understood lets nobody in.
        return own.Length == 0 ? catalog.Prefs["registration"] : IsPolicy(own) ? own : Closed;
    }
}
