using Anvil.Provisioning.Machines;

namespace Anvil.Provisioning.Sheets;

/// <summary>The machines that a sheet may mean: those with one of its names or MAC addresses.</summary>
public sealed class MachinesOfSheet
{
    private readonly Dictionary<string, Machine> _byName = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Machine> _byMac = new(StringComparer.Ordinal);

    /// <summary>An index over machines.</summary>
    public MachinesOfSheet(IEnumerable<Machine> machines)
    {
        foreach (var machine in machines)
        {
            _byName[machine.Name] = machine;
            foreach (var mac in machine.HardwareAddrs) _byMac[mac] = machine;
        }
    }

    /// <summary>The machine of a name.</summary>
    public Machine? Named(string name) => _byName.GetValueOrDefault(name);

    /// <summary>The machine with a MAC address.</summary>
    public Machine? With(string mac) => _byMac.GetValueOrDefault(mac);
}
