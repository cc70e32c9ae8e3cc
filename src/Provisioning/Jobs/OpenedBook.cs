using Anvil.Provisioning.Access;

namespace Anvil.Provisioning.Jobs;

/// <summary>
/// Which openings of secure params are told, and which are counted: each one of a person's, and of a machine's the first of its kind; what
/// repeats within a while is a number. A machine that renders each minute says so every ten. Not thread-safe.
/// </summary>
public sealed class OpenedBook
{
    /// <summary>How long the same again is counted, and not told.</summary>
    public static readonly TimeSpan While = TimeSpan.FromMinutes(10);

    /// <summary>Openings that one machine brings about and that are told, at once.</summary>
    public const int MachineAtOnce = 1000;

    /// <summary>As <see cref="MachineAtOnce"/>, in an hour from then on.</summary>
    public const int MachinePerHour = 600;

    /// <summary>Openings, and machines, that are remembered; beyond it all are forgotten, and told anew.</summary>
    public const int Most = 10_000;

    private readonly Dictionary<(string Who, string Of, string Which, string How), Told> _told = [];
    private readonly Dictionary<string, Own> _machines = new(StringComparer.Ordinal);

    /// <summary>Notes that secure params were opened.</summary>
    /// <param name="opening">Who opened what.</param>
    /// <param name="now">The time, of a clock that only goes forward.</param>
    /// <returns>How many times the same was counted since it was told, where it is to be told now; null where it is counted.</returns>
    public int? Note(SecretOpening opening, TimeSpan now)
    {
        var key = (opening.Who, opening.Of, opening.Which, opening.How);
        if (_told.TryGetValue(key, out var told) && now - told.At < While && opening.Params.All(told.Params.Contains))
        {
            told.More++;
            return null;
        }

        var own = opening.IsMachine ? OwnOf(opening.Source) : null;
        if (own?.Pace.Wait(now) is not null)
        {
            own.More++;
            return null;
        }

        if (told is null && _told.Count >= Most) Forget(now);
        var more = (told?.More ?? 0) + (own?.More ?? 0);
        own?.Told(now);
        var isOver = told is null || now - told.At >= While;
        _told[key] = new Told(isOver ? now : told!.At, [.. isOver ? [] : told!.Params, .. opening.Params]);
        return more;
    }

    private Own OwnOf(string machine)
    {
        if (_machines.TryGetValue(machine, out var own)) return own;
        if (_machines.Count >= Most) _machines.Clear();
        return _machines[machine] = new Own();
    }

    private void Forget(TimeSpan now)
    {
        foreach (var key in _told.Where(t => now - t.Value.At >= While).Select(t => t.Key).ToList()) _told.Remove(key);
        if (_told.Count >= Most) _told.Clear();
    }

    /// <summary>What one machine and its jobs bring about: how fast it is told, and how much was counted since.</summary>
    private sealed class Own
    {
        public Pace Pace { get; } = new(MachineAtOnce, MachinePerHour);

        public int More { get; set; }

        public void Told(TimeSpan now)
        {
            Pace.Count(1, now);
            More = 0;
        }
    }

    /// <summary>What was told, and how often it was counted since.</summary>
    private sealed class Told(TimeSpan at, HashSet<string> names)
    {
        public TimeSpan At { get; } = at;

        public HashSet<string> Params { get; } = names;

        public int More { get; set; }
    }
}
