using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Machines;
using Anvil.Provisioning.Network;

namespace Anvil.Provisioning.Sheets;

/// <summary>The machines that a sheet may mean: those with one of its names, MAC addresses or addresses.</summary>
public sealed class MachinesOfSheet
{
    private readonly Dictionary<string, Machine> _byName = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Machine> _byFolded = new(StringComparer.Ordinal);
    private readonly Dictionary<uint, List<Machine>> _byAddress = [];
    private readonly Dictionary<string, Machine> _byMac = new(StringComparer.Ordinal);

    /// <summary>An index over machines.</summary>
    public MachinesOfSheet(IEnumerable<Machine> machines)
    {
        foreach (var machine in machines)
        {
            _byName[machine.Name] = machine;
            _byFolded.TryAdd(NameRules.Fold(machine.Name), machine);
            foreach (var mac in machine.HardwareAddrs) _byMac[mac] = machine;
            if (!IPv4.TryParse(machine.Address, out var address)) continue;
            if (!_byAddress.TryGetValue(address, out var all)) _byAddress[address] = all = [];
            all.Add(machine);
        }
    }

    /// <summary>The machine of a name: of this very one, or else in another case.</summary>
    public Machine? Named(string name) => _byName.GetValueOrDefault(name) ?? _byFolded.GetValueOrDefault(NameRules.Fold(name));

    /// <summary>The machines that have an address.</summary>
    public IReadOnlyList<Machine> At(uint address) => _byAddress.TryGetValue(address, out var all) ? all : [];

    /// <summary>The machine with a MAC address.</summary>
    public Machine? With(string mac) => _byMac.GetValueOrDefault(mac);
}
