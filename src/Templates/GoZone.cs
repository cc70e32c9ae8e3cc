using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Anvil.Templates;

/// <summary>A time zone: which name and offset from UTC it has at a time.</summary>
internal sealed class GoZone
{
    private const string Folder = "/usr/share/zoneinfo";

    /// <summary>Longest name, and largest file that is read.</summary>
    private const int LongestName = 64;
    private const int LargestFile = 64 << 10;

    /// <summary>What reading a zone's file takes.</summary>
    private const int StepsOfFile = 500;

    private readonly long[] _transitions;
    private readonly int[] _types;
    private readonly (string Name, int Offset, bool IsSummer)[] _kinds;
    private readonly ZoneRule? _rule;

    private GoZone(long[] transitions, int[] types, (string Name, int Offset, bool IsSummer)[] kinds, ZoneRule? rule)
    {
        _transitions = transitions;
        _types = types;
        _kinds = kinds;
        _rule = rule;
    }

    public static GoZone Utc { get; } = Fixed("UTC", 0);

    /// <summary>The zone of times without one. It is UTC under another name: no file depends on where the server stands.</summary>
    public static GoZone Local { get; } = Fixed("UTC", 0);

    public static GoZone Fixed(string name, int offset) => new([], [], [(name, offset, false)], null);

    /// <summary>A zone of the system's database; null when there is none.</summary>
    public static GoZone? Find(string name, RenderBudget budget)
    {
        if (name == "Local") return Local;
        if (name is "" or "UTC") return Utc;
        if (name.Length > LongestName || name.Contains("..", StringComparison.Ordinal) || name[0] is '/' or '\\'
            || name.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('+' or '-' or '_' or '/'))) return null;
        var file = new FileInfo(Path.Combine(Folder, name));
        if (!file.Exists || file.Length > LargestFile) return null;
        budget.Step(StepsOfFile);
        budget.Allocate((8 * file.Length) + 4096);
        try
        {
            return Read(File.ReadAllBytes(file.FullName));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or IndexOutOfRangeException
            or FormatException or OverflowException)
        {
            return null;
        }
    }

    /// <summary>The zone's name and its seconds east of UTC at a time.</summary>
    public (string Name, int Offset) At(long seconds)
    {
        if (_transitions.Length == 0 || seconds < _transitions[0])
        {
            if (_transitions.Length == 0 && _rule is not null) return _rule.At(seconds);
            var first = Array.FindIndex(_kinds, k => !k.IsSummer);
            return (_kinds[Math.Max(0, first)].Name, _kinds[Math.Max(0, first)].Offset);
        }

        var at = Array.BinarySearch(_transitions, seconds);
        if (at < 0) at = ~at - 1;
        if (at == _transitions.Length - 1 && _rule is not null) return _rule.At(seconds);
        return (_kinds[_types[at]].Name, _kinds[_types[at]].Offset);
    }

    /// <summary>Seconds since 1970 of a time that clocks in the zone show.</summary>
    public long FromLocal(long local)
    {
        var offset = At(local - At(local).Offset).Offset;
        var guess = local - offset;
        return At(guess).Offset == offset ? guess : local - At(guess).Offset;
    }

    /// <summary>The offset of a name that the zone has; null when it has no such name.</summary>
    public int? OffsetOf(string name) => Array.Find(_kinds, k => k.Name == name) is { Name: not null } kind ? kind.Offset : null;

    private static GoZone? Read(byte[] data)
    {
        if (data.Length < 44 || Encoding.ASCII.GetString(data, 0, 4) != "TZif") return null;
        var isLong = data[4] >= (byte)'2';
        var start = isLong ? 44 + Body(data, 0, 4) : 0;
        var size = isLong ? 8 : 4;
        int Count(int i) => BinaryPrimitives.ReadInt32BigEndian(data.AsSpan(start + 20 + (4 * i)));
        var (times, kinds, characters) = (Count(3), Count(4), Count(5));
        var at = start + 44;
        var transitions = new long[times];
        for (var i = 0; i < times; i++, at += size)
        {
            transitions[i] = isLong ? BinaryPrimitives.ReadInt64BigEndian(data.AsSpan(at))
                : BinaryPrimitives.ReadInt32BigEndian(data.AsSpan(at));
        }

        var types = data.AsSpan(at, times).ToArray().Select(b => (int)b).ToArray();
        at += times;
        var names = at + (6 * kinds);
        var all = new (string, int, bool)[kinds];
        for (var i = 0; i < kinds; i++, at += 6)
        {
            var name = names + data[at + 5];
            all[i] = (Encoding.ASCII.GetString(data, name, Array.IndexOf(data, (byte)0, name) - name),
                BinaryPrimitives.ReadInt32BigEndian(data.AsSpan(at)), data[at + 4] != 0);
        }

        var footer = start + 44 + Body(data, start, size);
        var rule = isLong && footer < data.Length
            ? ZoneRule.Parse(Encoding.ASCII.GetString(data, footer, data.Length - footer).Trim()) : null;
        return characters > 0 && kinds > 0 ? new GoZone(transitions, types, all, rule) : null;
    }

    /// <summary>Octets of a block after its head.</summary>
    private static int Body(byte[] data, int start, int size)
    {
        int Count(int i) => BinaryPrimitives.ReadInt32BigEndian(data.AsSpan(start + 20 + (4 * i)));
        return Count(0) + Count(1) + (Count(2) * (size + 4)) + (Count(3) * (size + 1)) + (Count(4) * 6) + Count(5);
    }

    /// <summary>The rule for times after those that a zone's file lists (POSIX TZ, with rules of the form Mm.w.d).</summary>
    private sealed class ZoneRule((string Name, int Offset) winter, (string Name, int Offset) summer, Day? from, Day? to)
    {
        public static ZoneRule? Parse(string text)
        {
            var at = 0;
            if (Name(text, ref at) is not { Length: > 0 } name) return null;
            var winter = (name, -Seconds(text, ref at));
            if (at == text.Length) return new ZoneRule(winter, winter, null, null);
            var other = Name(text, ref at);
            var summer = (other, at < text.Length && text[at] != ',' ? -Seconds(text, ref at) : winter.Item2 + 3600);
            var rules = text[at..].Split(',', StringSplitOptions.RemoveEmptyEntries);
            return rules is [['M', ..], ['M', ..]] ? new ZoneRule(winter, summer, Day.Parse(rules[0]), Day.Parse(rules[1])) : null;
        }

        public (string Name, int Offset) At(long seconds)
        {
            if (from is null || to is null) return winter;
            var year = GoDate.From(seconds + winter.Offset).Year;
            var begin = from.In(year) - winter.Offset;
            var end = to.In(year) - summer.Offset;
            var isSummer = begin < end ? seconds >= begin && seconds < end : seconds >= begin || seconds < end;
            return isSummer ? summer : winter;
        }

        private static string Name(string text, ref int at)
        {
            var from = at;
            if (at < text.Length && text[at] == '<')
            {
                at = text.IndexOf('>', at) + 1;
                return text[(from + 1)..(at - 1)];
            }

            while (at < text.Length && char.IsAsciiLetter(text[at])) at++;
            return text[from..at];
        }

        public static int Seconds(string text, ref int at)
        {
            var from = at;
            while (at < text.Length && (char.IsAsciiDigit(text[at]) || text[at] is '+' or '-' or ':')) at++;
            var part = text[from..at];
            var parts = part.TrimStart('+', '-').Split(':').Select(p => int.Parse(p, CultureInfo.InvariantCulture)).ToArray();
            var total = (parts[0] * 3600) + (parts.Length > 1 ? parts[1] * 60 : 0) + (parts.Length > 2 ? parts[2] : 0);
            return part.StartsWith('-') ? -total : total;
        }
    }

    /// <summary>A day like the last Sunday of March, and the seconds after its midnight.</summary>
    private sealed record Day(int Month, int Week, int Weekday, int Seconds)
    {
        public static Day Parse(string text)
        {
            var slash = text.IndexOf('/', StringComparison.Ordinal);
            var parts = (slash < 0 ? text[1..] : text[1..slash]).Split('.')
                .Select(p => int.Parse(p, CultureInfo.InvariantCulture)).ToArray();
            var at = slash + 1;
            return new Day(parts[0], parts[1], parts[2], slash < 0 ? 7200 : ZoneRule.Seconds(text, ref at));
        }

        /// <summary>Seconds since 1970 by the clock of the place.</summary>
        public long In(long year)
        {
            var first = GoDate.Days(year, Month, 1);
            var day = first + ((Weekday - GoDate.Weekday(first) + 7) % 7) + (7 * (Week - 1));
            while (day >= first + GoDate.DaysIn(year, Month)) day -= 7;
            return (day * GoDate.SecondsOfDay) + Seconds;
        }
    }
}
