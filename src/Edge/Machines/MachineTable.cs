using System.Collections.Concurrent;
using Anvil.Contracts.Machines;

namespace Anvil.Edge.Machines;

/// <summary>
/// Machines in memory, by MAC address. Changes come from several sides and in any order; each has its machine's version, and an older one
/// never takes the place of a newer one. Thread-safe; who reads does not wait.
/// </summary>
public sealed class MachineTable(TimeProvider time)
{
    /// <summary>
    /// Texts and lists that many machines share are kept once: so many characters in all, and none that would be much of them. What
    /// machines have no more is kept until then.
    /// </summary>
    private const int MostShared = 8 << 20;
    private const int LongestShared = MostShared / 64;

    /// <summary>How long it is known that a machine was deleted: no message is on its way for longer.</summary>
    private static readonly TimeSpan Remembered = TimeSpan.FromMinutes(2);

    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<string, Entry> _machines = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string[]> _holders = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _texts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string[]> _lists = new(StringComparer.Ordinal);
    private int _shared;

    /// <summary>Machines that were deleted, oldest first.</summary>
    private readonly Queue<(string Uuid, long At)> _gone = new();

    private sealed record Entry(long Version, KnownMachine? Machine, long At);

    /// <summary>Number of MAC addresses that somebody has.</summary>
    public int Count => _holders.Count;

    /// <summary>
    /// True when a machine has a MAC address that somebody has let in, or that registered itself by a lease, as far as is known.
    /// </summary>
    public bool Knows(string mac)
    {
        if (!_holders.TryGetValue(mac, out var holders)) return false;
        foreach (var uuid in holders)
        {
            if (_machines.GetValueOrDefault(uuid)?.Machine is { IsFamiliar: true }) return true;
        }

        return false;
    }

    /// <summary>
    /// The machines that have a MAC address as far as is known. There are two for a moment when an address moves from one to the other and
    /// the second change has come first.
    /// </summary>
    public IReadOnlyList<KnownMachine> Find(string mac)
    {
        if (!_holders.TryGetValue(mac, out var holders)) return [];
        var found = new List<KnownMachine>(holders.Length);
        foreach (var uuid in holders)
        {
            if (_machines.GetValueOrDefault(uuid)?.Machine is not { } machine) continue;
            if (machine.HardwareAddrs.Contains(mac, StringComparer.Ordinal)) found.Add(machine);
        }

        return found;
    }

    /// <summary>Takes in a change; false when it was known, or is older than what is.</summary>
    public bool Put(MachineNews change)
    {
        lock (_gate)
        {
            var old = _machines.GetValueOrDefault(change.Uuid);
            if (old is not null && old.Version >= change.Version) return false;
            Set(change, old);
            return true;
        }
    }

    /// <summary>After all machines were read: forgets those that were not among them and of which nothing was heard since.</summary>
    /// <param name="read">Uuids that were read.</param>
    /// <param name="since">Timestamp of the reading's begin.</param>
    public void Keep(IReadOnlySet<string> read, long since)
    {
        lock (_gate)
        {
            foreach (var (uuid, entry) in _machines)
            {
                if (entry.Machine is null || entry.At >= since || read.Contains(uuid)) continue;
                Set(new MachineNews(uuid, entry.Version, null), entry);
            }
        }
    }

    private void Set(MachineNews change, Entry? old)
    {
        var machine = change.Machine is null ? null : Share(change.Machine);
        var now = time.GetTimestamp();
        _machines[change.Uuid] = new Entry(change.Version, machine, now);
        foreach (var mac in machine?.HardwareAddrs ?? [])
        {
            var holders = _holders.GetValueOrDefault(mac, []);
            if (!holders.Contains(change.Uuid)) _holders[mac] = [.. holders, change.Uuid];
        }

        foreach (var mac in (old?.Machine?.HardwareAddrs ?? []).Except(machine?.HardwareAddrs ?? [], StringComparer.Ordinal))
        {
            if (!_holders.TryGetValue(mac, out var holders)) continue;
            string[] others = [.. holders.Where(h => h != change.Uuid)];
            if (others.Length > 0) _holders[mac] = others;
            else _holders.TryRemove(mac, out _);
        }

        if (machine is null) _gone.Enqueue((change.Uuid, now));
        while (_gone.TryPeek(out var first) && time.GetElapsedTime(first.At, now) > Remembered)
        {
            _gone.Dequeue();
            // It may have been made again since.
            var entry = _machines.GetValueOrDefault(first.Uuid);
            if (entry is { Machine: null } && entry.At == first.At) _machines.TryRemove(first.Uuid, out _);
        }
    }

    private KnownMachine Share(KnownMachine machine) => machine with
    {
        BootEnv = Share(machine.BootEnv),
        Stage = Share(machine.Stage),
        Profiles = Share(machine.Profiles),
        Params = Share(machine.Params),
        HardwareAddrs = machine.HardwareAddrs.Count == 0 ? [] : [.. machine.HardwareAddrs],
    };

    private string Share(string text)
    {
        if (text.Length > LongestShared) return text;
        if (_texts.TryGetValue(text, out var shared)) return shared;
        MakeRoom(text.Length);
        return _texts[text] = text;
    }

    private string[] Share(IReadOnlyList<string> list)
    {
        if (list.Count == 0) return [];
        if (list.Sum(t => t.Length + 1) > LongestShared) return [.. list.Select(Share)];
        var key = string.Join('\0', list);
        if (_lists.TryGetValue(key, out var shared)) return shared;
        string[] kept = [.. list.Select(Share)];
        MakeRoom(key.Length);
        return _lists[key] = kept;
    }

    private void MakeRoom(int characters)
    {
        // A short text costs more than its characters.
        _shared += characters + 64;
        if (_shared <= MostShared) return;
        _texts.Clear();
        _lists.Clear();
        _shared = characters + 64;
    }
}
