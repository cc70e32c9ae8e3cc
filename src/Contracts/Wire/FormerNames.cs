using Anvil.Contracts.Machines;
using Anvil.Contracts.Subnets;
using Orleans.Serialization;
using Orleans.Serialization.TypeSystem;

namespace Anvil.Contracts.Wire;

/// <summary>
/// Names of messages as the version before this one writes and reads them: it had no aliases for them, and they lived in
/// another assembly. Silos of both versions live in one cluster during an upgrade, so these names are understood and, for
/// the messages that the version before knows, written. The aliases are understood already; the version after this one
/// may write them.
/// </summary>
/// <param name="resolver">Finds a type by its present name.</param>
public sealed class FormerNames(TypeResolver resolver) : ITypeConverter
{
    private static readonly (Type Type, string Former)[] Moved =
    [
        (typeof(Actor), "Anvil.Grains.Actor,Anvil.Grains"),
        (typeof(Reply), "Anvil.Grains.Reply,Anvil.Grains"),
        (typeof(MachineSecrets), "Anvil.Grains.Machines.MachineSecrets,Anvil.Grains"),
        (typeof(Sighting), "Anvil.Grains.Machines.Sighting,Anvil.Grains"),
        (typeof(SightingKind), "Anvil.Grains.Machines.SightingKind,Anvil.Grains"),
        (typeof(LeaseAct), "Anvil.Grains.Subnets.LeaseAct,Anvil.Grains"),
        (typeof(LeaseCall), "Anvil.Grains.Subnets.LeaseCall,Anvil.Grains"),
        (typeof(LeaseAnswer), "Anvil.Grains.Subnets.LeaseAnswer,Anvil.Grains"),
    ];

    private readonly (string Present,
        string Former)[] _names = [.. Moved.Select(m => (RuntimeTypeNameFormatter.Format(m.Type), m.Former))];

    /// <summary>The names, for the list of types that a message may hold.</summary>
    public static IEnumerable<string> All => Moved.Select(m => m.Former);

    /// <summary>The name by which silos of the version before know a type; false when it has none but its own.</summary>
    public bool TryFormat(Type type, out string formatted)
    {
        var present = RuntimeTypeNameFormatter.Format(type);
        formatted = Replace(present, toFormer: true);
        return formatted != present;
    }

    /// <summary>The type that silos of the version before mean by a name; false when the name has none of theirs in it.</summary>
    public bool TryParse(string formatted, out Type type)
    {
        var present = Replace(formatted, toFormer: false);
        type = typeof(object);
        return present != formatted && resolver.TryResolveType(present, out type);
    }

    /// <summary>A name is replaced as a whole, or as an argument of a generic type.</summary>
    private string Replace(string text, bool toFormer)
    {
        foreach (var (present, former) in _names)
        {
            var (from, to) = toFormer ? (present, former) : (former, present);
            text = text == from ? to : text.Replace($"[{from}]", $"[{to}]", StringComparison.Ordinal);
        }

        return text;
    }
}
