using Anvil.Contracts.Diagnostics;
using Orleans.Runtime;

namespace Anvil.Grains.Machines;

/// <summary>
/// Large machines that this silo's grains hold in memory: their documents together have a bound. Beyond it those that were used longest
/// ago are put away, which costs the next who asks for one a read of the database. Small ones (<see cref="Small"/>) stay as long as
/// any grain does. Thread-safe.
/// </summary>
/// <param name="most">Octets of memory in all; one machine may always be there, whatever it takes.</param>
public sealed class LargeMachines(long most)
{
    /// <summary>Octets of a document that count for nothing.</summary>
    public const int Small = 64 << 10;

    /// <summary>Octets of memory that one of a document takes: as it was read, and as it is looked at.</summary>
    public const int OfDocument = 4;

    private readonly Lock _gate = new();
    private readonly Dictionary<GrainId, LinkedListNode<Held>> _held = [];
    private readonly LinkedList<Held> _line = [];
    private long _all;

    /// <summary>The bound for a silo that may have so much memory: an eighth of it, 128 MiB to 2 GiB.</summary>
    public static LargeMachines Of(long available) => new(Math.Clamp(available / 8, 128L << 20, 2L << 30));

    /// <summary>Octets of memory that are held.</summary>
    public long Octets
    {
        get
        {
            lock (_gate) return _all;
        }
    }

    /// <summary>Notes that a grain is used, and what it holds now.</summary>
    /// <param name="grain">The grain.</param>
    /// <param name="octets">Octets of its document.</param>
    /// <returns>True when it counts as large.</returns>
    public bool Use(IGrainContext grain, long octets)
    {
        if (octets <= Small)
        {
            Forget(grain);
            return false;
        }

        List<IGrainContext>? away = null;
        lock (_gate)
        {
            Remove(grain.GrainId);
            _held[grain.GrainId] = _line.AddLast(new Held(grain, octets * OfDocument));
            _all += octets * OfDocument;
            while (_all > most && _line.First is { } first && first != _line.Last)
            {
                (away ??= []).Add(first.Value.Grain);
                Remove(first.Value.Grain.GrainId);
            }
        }

        foreach (var other in away ?? [])
        {
            AnvilDiagnostics.MachinesPutAway.Add(1);
            other.Deactivate(new DeactivationReason(DeactivationReasonCode.ApplicationRequested, "other large machines were used since"));
        }

        return true;
    }

    /// <summary>Notes that a grain holds nothing any more.</summary>
    public void Forget(IGrainContext grain)
    {
        lock (_gate)
        {
            // The next activation may be there already.
            if (_held.TryGetValue(grain.GrainId, out var node) && node.Value.Grain == grain) Remove(grain.GrainId);
        }
    }

    private void Remove(GrainId grain)
    {
        if (!_held.Remove(grain, out var node)) return;
        _all -= node.Value.Octets;
        _line.Remove(node);
    }

    private sealed record Held(IGrainContext Grain, long Octets);
}
