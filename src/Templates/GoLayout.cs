using System.Globalization;
using System.Text;

namespace Anvil.Templates;

/// <summary>
/// Go's layouts of times: a layout shows how Mon Jan 2 15:04:05 MST 2006 (zone -0700) would be written. Writes and reads times.
/// </summary>
internal static class GoLayout
{
    /// <summary>What a character of a layout takes: looking for its field, and the field's text.</summary>
    private const int OctetsOfCharacter = 512;

    private static readonly string[] Dashed = ["-070000", "-07:00:00", "-0700", "-07:00", "-07"];
    private static readonly string[] Zulu = ["Z070000", "Z07:00:00", "Z0700", "Z07:00", "Z07"];

    /// <summary>Charges for a layout that is about to be used.</summary>
    public static void Charge(string layout, RenderBudget budget)
    {
        budget.Step(1 + layout.Length);
        budget.Allocate(OctetsOfCharacter * (long)layout.Length);
    }

    /// <summary>Writes a time.</summary>
    public static string Format(GoTime time, string layout)
    {
        var output = new StringBuilder(layout.Length + 16);
        var date = time.Date;
        for (var at = 0; at < layout.Length;)
        {
            var (from, field) = Next(layout, at);
            output.Append(layout, at, from - at);
            Append(output, field, time, date);
            at = from + field.Length;
        }

        return output.ToString();
    }

    /// <summary>Reads a time; one without a zone is in the zone that is given.</summary>
    /// <exception cref="TemplateFault">It does not fit the layout.</exception>
    public static GoTime Parse(string layout, string text, GoZone zone)
        => new Reader(layout, text).Read(zone);

    /// <summary>The next field of a layout and where it begins; at the end an empty one.</summary>
    private static (int From, string Field) Next(string layout, int at)
    {
        for (var i = at; i < layout.Length; i++)
        {
            bool Has(string field) => string.CompareOrdinal(layout, i, field, 0, field.Length) == 0;
            bool HasWord(string field) => Has(field) && !(i + 3 < layout.Length && char.IsAsciiLetterLower(layout[i + 3]));
            var field = layout[i] switch
            {
                'J' => Has("January") ? "January" : HasWord("Jan") ? "Jan" : "",
                'M' => Has("Monday") ? "Monday" : HasWord("Mon") ? "Mon" : Has("MST") ? "MST" : "",
                '0' when i + 1 < layout.Length && layout[i + 1] is >= '1' and <= '6' => layout.Substring(i, 2),
                '0' => Has("002") ? "002" : "",
                '1' => Has("15") ? "15" : "1",
                '2' => Has("2006") ? "2006" : "2",
                '_' => Has("_2006") ? "" : Has("_2") ? "_2" : Has("__2") ? "__2" : "",
                '3' or '4' or '5' => layout[i].ToString(),
                'P' => Has("PM") ? "PM" : "",
                'p' => Has("pm") ? "pm" : "",
                '-' => Array.Find(Dashed, Has) ?? "",
                'Z' => Array.Find(Zulu, Has) ?? "",
                '.' or ',' => Fraction(layout, i),
                _ => "",
            };
            if (field.Length > 0) return (i, field);
        }

        return (layout.Length, "");
    }

    private static string Fraction(string layout, int at)
    {
        if (at + 1 >= layout.Length || layout[at + 1] is not ('0' or '9')) return "";
        var end = at + 1;
        while (end < layout.Length && layout[end] == layout[at + 1]) end++;
        return end < layout.Length && char.IsAsciiDigit(layout[end]) ? "" : layout[at..end];
    }

    private static void Append(StringBuilder output, string field, GoTime time, GoDate date)
    {
        var hour = date.Hour % 12 == 0 ? 12 : date.Hour % 12;
        output.Append(field switch
        {
            "" => "",
            "2006" => GoTime.Digits(date.Year, 4),
            "06" => GoTime.Digits(Math.Abs(date.Year % 100), 2),
            "January" => GoTime.MonthName(date.Month),
            "Jan" => GoTime.MonthName(date.Month)[..3],
            "01" => GoTime.Digits(date.Month, 2),
            "1" => GoTime.Digits(date.Month, 1),
            "Monday" => GoTime.WeekdayName(date.DayOfWeek),
            "Mon" => GoTime.WeekdayName(date.DayOfWeek)[..3],
            "02" => GoTime.Digits(date.Day, 2),
            "_2" => GoTime.Digits(date.Day, 1).PadLeft(2),
            "2" => GoTime.Digits(date.Day, 1),
            "002" => GoTime.Digits(date.YearDay, 3),
            "__2" => GoTime.Digits(date.YearDay, 1).PadLeft(3),
            "15" => GoTime.Digits(date.Hour, 2),
            "03" => GoTime.Digits(hour, 2),
            "3" => GoTime.Digits(hour, 1),
            "04" => GoTime.Digits(date.Minute, 2),
            "4" => GoTime.Digits(date.Minute, 1),
            "05" => GoTime.Digits(date.Second, 2),
            "5" => GoTime.Digits(date.Second, 1),
            "PM" => date.Hour >= 12 ? "PM" : "AM",
            "pm" => date.Hour >= 12 ? "pm" : "am",
            "MST" => ZoneName(time),
            _ when field[0] is '-' or 'Z' => Offset(field, time.Offset),
            _ => Part(field, time.Nanoseconds),
        });
    }

    private static string ZoneName(GoTime time)
    {
        var (name, offset) = time.Zone.At(time.Seconds);
        if (name.Length > 0) return name;
        var minutes = Math.Abs(offset) / 60;
        return (offset < 0 ? "-" : "+") + GoTime.Digits(minutes / 60, 2) + (minutes % 60 != 0 ? GoTime.Digits(minutes % 60, 2) : "");
    }

    private static string Offset(string field, int offset)
    {
        if (offset == 0 && field[0] == 'Z') return "Z";
        var colon = field.Contains(':', StringComparison.Ordinal) ? ":" : "";
        var size = Math.Abs(offset);
        var text = (offset < 0 ? "-" : "+") + GoTime.Digits(size / 3600, 2);
        if (field.Length > 3) text += colon + GoTime.Digits(size / 60 % 60, 2);
        if (field.Length >= 7) text += colon + GoTime.Digits(size % 60, 2);
        return text;
    }

    private static string Part(string field, int nanoseconds)
    {
        var digits = GoTime.Digits(nanoseconds, 9);
        digits = field.Length - 1 <= 9 ? digits[..(field.Length - 1)] : digits.PadRight(field.Length - 1, '0');
        if (field[1] == '9') digits = digits.TrimEnd('0');
        return digits.Length == 0 ? "" : field[0] + digits;
    }

    /// <summary>Reads a time by a layout.</summary>
    private sealed class Reader
    {
        private readonly string _layout;
        private readonly string _text;
        private string _rest;
        private long _year;
        private int _month = -1;
        private int _day = -1;
        private int _yearDay = -1;
        private int _hour;
        private int _minute;
        private int _second;
        private int _nanoseconds;
        private bool _isMorning;
        private bool _isAfternoon;
        private GoZone? _zone;
        private int? _offset;
        private string _zoneName = "";

        public Reader(string layout, string text)
        {
            _layout = layout;
            _text = text;
            _rest = text;
        }

        public GoTime Read(GoZone zone)
        {
            for (var at = 0; ;)
            {
                var (from, field) = Next(_layout, at);
                Skip(_layout[at..from]);
                if (field.Length == 0)
                {
                    if (_rest.Length > 0) throw new TemplateFault($"parsing time {GoQuote.Text(_text)}: extra text: {GoQuote.Text(_rest)}");
                    break;
                }

                var before = _rest;
                at = from + field.Length;
                if (!Field(field, at)) throw Misfit(before, field);
            }

            if (_isAfternoon && _hour < 12) _hour += 12;
            else if (_isMorning && _hour == 12) _hour = 0;
            Days();
            var local = new GoDate(_year, _month, _day, _hour, _minute, _second).Seconds();
            if (_zone is not null) return new GoTime(local, _nanoseconds, _zone);
            if (_offset is { } offset)
            {
                var (name, usual) = zone.At(local - offset);
                var isUsual = usual == offset && (_zoneName.Length == 0 || name == _zoneName);
                return new GoTime(local - offset, _nanoseconds, isUsual ? zone : GoZone.Fixed(_zoneName, offset));
            }

            if (_zoneName.Length == 0) return new GoTime(zone.FromLocal(local), _nanoseconds, zone);
            if (zone.OffsetOf(_zoneName) is { } known) return new GoTime(local - known, _nanoseconds, zone);
            var hours = _zoneName.Length > 3 && _zoneName.StartsWith("GMT", StringComparison.Ordinal)
                ? int.Parse(_zoneName.AsSpan(3), CultureInfo.InvariantCulture) * 3600 : 0;
            return new GoTime(local - hours, _nanoseconds, GoZone.Fixed(_zoneName, hours));
        }

        private void Skip(string prefix)
        {
            var was = prefix;
            while (prefix.Length > 0)
            {
                if (prefix[0] == ' ')
                {
                    if (_rest.Length > 0 && _rest[0] != ' ') throw Misfit(_rest, was);
                    prefix = prefix.TrimStart(' ');
                    _rest = _rest.TrimStart(' ');
                    continue;
                }

                if (_rest.Length == 0 || _rest[0] != prefix[0]) throw Misfit(_rest, was);
                prefix = prefix[1..];
                _rest = _rest[1..];
            }
        }

        private void Days()
        {
            if (_yearDay >= 0)
            {
                if (_yearDay < 1 || _yearDay > (GoDate.DaysIn(_year, 2) == 29 ? 366 : 365)) throw Range("day-of-year");
                var date = GoDate.From((GoDate.Days(_year, 1, 1) + _yearDay - 1) * GoDate.SecondsOfDay);
                if ((_month >= 0 && _month != date.Month) || (_day >= 0 && _day != date.Day))
                    throw new TemplateFault($"parsing time {GoQuote.Text(_text)}: day-of-year does not match");
                (_month, _day) = (date.Month, date.Day);
            }

            if (_month < 0) _month = 1;
            if (_day < 0) _day = 1;
            if (_day < 1 || _day > GoDate.DaysIn(_year, _month)) throw Range("day");
        }

        private bool Field(string field, int after)
        {
            switch (field)
            {
                case "2006":
                    if (!Digits(4, 4, out var year)) return false;
                    _year = year;
                    return true;
                case "06":
                    if (!Digits(2, 2, out var short_)) return false;
                    _year = short_ >= 69 ? 1900 + short_ : 2000 + short_;
                    return true;
                case "January" or "Jan":
                    _month = 1 + Word(Enumerable.Range(1, 12).Select(GoTime.MonthName), field == "Jan");
                    return _month > 0;
                case "Monday" or "Mon":
                    return Word(Enumerable.Range(0, 7).Select(GoTime.WeekdayName), field == "Mon") >= 0;
                case "01" or "1": return Number(field, 1, 12, "month", out _month);
                case "02" or "_2" or "2":
                    if (field == "_2" && _rest.StartsWith(' ')) _rest = _rest[1..];
                    return Digits(field == "02" ? 2 : 1, 2, out _day);
                case "002" or "__2":
                    for (var i = 0; i < 2 && field == "__2" && _rest.StartsWith(' '); i++) _rest = _rest[1..];
                    return Digits(field == "002" ? 3 : 1, 3, out _yearDay);
                case "15": return Number("5", 0, 23, "hour", out _hour);
                case "03" or "3": return Number(field, 0, 12, "hour", out _hour);
                case "04" or "4": return Number(field, 0, 59, "minute", out _minute);
                case "05" or "5": return Number(field, 0, 59, "second", out _second) && UnaskedFraction(after);
                case "PM" or "pm":
                    var isUpper = field == "PM";
                    _isAfternoon = _rest.StartsWith(field, StringComparison.Ordinal);
                    _isMorning = _rest.StartsWith(isUpper ? "AM" : "am", StringComparison.Ordinal);
                    if (!_isAfternoon && !_isMorning) return false;
                    _rest = _rest[2..];
                    return true;
                case "MST": return Zone();
            }

            return field[0] is '-' or 'Z' ? Offset(field) : Fraction(field);
        }

        private bool Number(string field, int least, int most, string what, out int value)
        {
            if (!Digits(field.Length == 2 ? 2 : 1, 2, out value)) return false;
            return value >= least && value <= most ? true : throw Range(what);
        }

        private bool Digits(int least, int most, out int value)
        {
            var count = 0;
            while (count < most && count < _rest.Length && char.IsAsciiDigit(_rest[count])) count++;
            value = 0;
            if (count < least) return false;
            value = int.Parse(_rest.AsSpan(0, count), CultureInfo.InvariantCulture);
            _rest = _rest[count..];
            return true;
        }

        private int Word(IEnumerable<string> words, bool isShort)
        {
            var i = 0;
            foreach (var word in words.Select(w => isShort ? w[..3] : w))
            {
                if (_rest.StartsWith(word, StringComparison.OrdinalIgnoreCase))
                {
                    _rest = _rest[word.Length..];
                    return i;
                }

                i++;
            }

            return -1;
        }

        /// <summary>A fraction after the seconds is read even where the layout has none.</summary>
        private bool UnaskedFraction(int after)
        {
            if (_rest.Length < 2 || _rest[0] is not ('.' or ',') || !char.IsAsciiDigit(_rest[1])) return true;
            var next = Next(_layout, after);
            if (next.Field.Length > 1 && next.Field[0] is '.' or ',') return true;
            return Nanoseconds(1 + DigitsAfter());
        }

        private bool Fraction(string field)
        {
            if (field[1] == '0') return _rest.Length >= field.Length && Nanoseconds(field.Length);
            if (_rest.Length < 2 || _rest[0] is not ('.' or ',') || !char.IsAsciiDigit(_rest[1])) return true;
            return Nanoseconds(1 + Math.Min(9, DigitsAfter()));
        }

        private int DigitsAfter()
        {
            var end = 1;
            while (end < _rest.Length && char.IsAsciiDigit(_rest[end])) end++;
            return end - 1;
        }

        private bool Nanoseconds(int length)
        {
            var digits = _rest[1..length];
            if (_rest[0] is not ('.' or ',') || digits.AsSpan().ContainsAnyExceptInRange('0', '9')) return false;
            _nanoseconds = int.Parse(digits.PadRight(9, '0').AsSpan(0, 9), CultureInfo.InvariantCulture);
            _rest = _rest[length..];
            return true;
        }

        private bool Offset(string field)
        {
            if (field is "Z0700" or "Z07" or "Z07:00" && _rest.StartsWith('Z'))
            {
                _zone = GoZone.Utc;
                _rest = _rest[1..];
                return true;
            }

            if (_rest.Length < field.Length || _rest[0] is not ('+' or '-')) return false;
            var digits = new StringBuilder();
            for (var i = 1; i < field.Length; i++)
            {
                if (field[i] == ':' ? _rest[i] != ':' : !char.IsAsciiDigit(_rest[i])) return false;
                if (field[i] != ':') digits.Append(_rest[i]);
            }

            int Two(int at) => at < digits.Length ? ((digits[at] - '0') * 10) + digits[at + 1] - '0' : 0;
            _offset = ((Two(0) * 60) + Two(2)) * 60 + Two(4);
            if (_rest[0] == '-') _offset = -_offset;
            _rest = _rest[field.Length..];
            return true;
        }

        private bool Zone()
        {
            if (_rest.StartsWith("UTC", StringComparison.Ordinal))
            {
                _zone = GoZone.Utc;
                _rest = _rest[3..];
                return true;
            }

            var length = ZoneLength(_rest);
            if (length == 0) return false;
            _zoneName = _rest[..length];
            _rest = _rest[length..];
            return true;
        }

        private static int ZoneLength(string text)
        {
            if (text.Length < 3) return 0;
            if (text.StartsWith("ChST", StringComparison.Ordinal) || text.StartsWith("MeST", StringComparison.Ordinal)) return 4;
            if (text.StartsWith("GMT", StringComparison.Ordinal)) return 3 + HoursLength(text[3..]);
            if (text[0] is '+' or '-') return HoursLength(text);
            var upper = 0;
            while (upper < 6 && upper < text.Length && char.IsAsciiLetterUpper(text[upper])) upper++;
            return upper switch
            {
                5 when text[4] == 'T' => 5,
                4 when text[3] == 'T' || text.StartsWith("WITA", StringComparison.Ordinal) => 4,
                3 => 3,
                _ => 0,
            };
        }

        private static int HoursLength(string text)
        {
            if (text.Length == 0 || text[0] is not ('+' or '-')) return 0;
            var end = 1;
            while (end < text.Length && char.IsAsciiDigit(text[end])) end++;
            return end > 1 && end < 9 && int.Parse(text.AsSpan(1, end - 1), CultureInfo.InvariantCulture) <= 23 ? end : 0;
        }

        private TemplateFault Range(string what) => new($"parsing time {GoQuote.Text(_text)}: {what} out of range");

        private TemplateFault Misfit(string rest, string field)
            => new($"parsing time {GoQuote.Text(_text)} as {GoQuote.Text(_layout)}: "
                + $"cannot parse {GoQuote.Text(rest)} as {GoQuote.Text(field)}");
    }
}
