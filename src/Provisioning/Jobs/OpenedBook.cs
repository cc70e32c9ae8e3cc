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

    private readonly Dictionary<(string Who, string Of, string How), Told> _told = [];
    private readonly Dictionary<string, Pace> _paces = new(StringComparer.Ordinal);
    private int _uncounted;

    /// <summary>Notes that secure params were opened.</summary>
    /// <param name="opening">Who opened what.</param>
    /// <param name="now">The time, of a clock that only goes forward.</param>
    /// <returns>How many times the same was counted since it was told, where it is to be told now; null where it is counted.</returns>
    public int? Note(SecretOpening opening, TimeSpan now)
    {
        var key = (opening.Who, opening.Of, opening.How);
        if (_told.TryGetValue(key, out var told) && now - told.At < While && opening.Params.All(told.Params.Contains))
        {
            told.More++;
            return null;
        }

        if (opening.IsMachine && !MayTell(opening.Who, now))
        {
            _uncounted++;
            return null;
        }

        if (told is null && _told.Count >= Most) Forget(now);
        var more = (told?.More ?? 0) + _uncounted;
        _uncounted = 0;
        var isOver = told is null || now - told.At >= While;
        _told[key] = new Told(isOver ? now : told!.At, [.. isOver ? [] : told!.Params, .. opening.Params]);
        return more;
    }

    private bool MayTell(string who, TimeSpan now)
    {
        if (!_paces.TryGetValue(who, out var pace))
        {
            if (_paces.Count >= Most) _paces.Clear();
            _paces[who] = pace = new Pace(MachineAtOnce, MachinePerHour);
        }

        if (pace.Wait(now) is not null) return false;
        pace.Count(1, now);
        return true;
    }

    private void Forget(TimeSpan now)
    {
        foreach (var (key, told) in _told)
        {
            if (now - told.At < While) continue;
            _uncounted += told.More;
            _told.Remove(key);
        }

        if (_told.Count < Most) return;
        _uncounted += _told.Values.Sum(t => t.More);
        _told.Clear();
    }

    /// <summary>What was told, and how often it was counted since.</summary>
    private sealed class Told(TimeSpan at, HashSet<string> names)
    {
        public TimeSpan At { get; } = at;

        public HashSet<string> Params { get; } = names;

        public int More { get; set; }
    }
}
