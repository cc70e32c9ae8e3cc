using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Anvil.Provisioning.Catalog.Schemas;

/// <summary>One check of a value: counts its work, and collects what does not fit.</summary>
internal sealed class SchemaRun
{
    private const int OctetsInAStep = 64;
    private readonly List<SchemaError> _errors = [];
    private long _steps;
    private long _ticksInPatterns;
    private int _depth;
    private int _quiet;

    /// <summary>What does not fit.</summary>
    public IReadOnlyList<SchemaError> Errors => _errors;

    /// <summary>Octets that patterns have taken.</summary>
    public long PatternOctets { get; private set; }

    /// <summary>True while nobody asks why.</summary>
    public bool IsQuiet => _quiet > 0;

    /// <summary>Checks a value by a schema.</summary>
    public bool Check(SchemaNode schema, JsonElement value, SchemaPlace place)
    {
        Step();
        if (++_depth > SchemaLimits.Depth) throw new SchemaOverrun("the schema is nested too deeply");
        var fits = schema.Check(this, value, place);
        _depth--;
        return fits;
    }

    /// <summary>Whether a value fits a schema; what does not fit is not noted.</summary>
    public bool Fits(SchemaNode schema, JsonElement value)
    {
        _quiet++;
        var fits = Check(schema, value, SchemaPlace.Root);
        _quiet--;
        return fits;
    }

    /// <summary>The place of a part; the same object while nobody asks for it.</summary>
    public SchemaPlace Into(SchemaPlace place, string token) => IsQuiet ? place : new(place, token);

    /// <summary>Notes what does not fit; false, as the answer of a keyword.</summary>
    /// <param name="place">Where.</param>
    /// <param name="keyword">What it does not keep.</param>
    /// <param name="text">Says it; asked only where it is told: of most failures nobody reads.</param>
    public bool Fail(SchemaPlace place, string keyword, Func<string> text)
    {
        if (!IsQuiet && _errors.Count < SchemaLimits.Errors) _errors.Add(new(keyword, $"{place}: {text()}"));
        return false;
    }

    /// <summary>Counts work.</summary>
    public void Step(long octets = 0)
    {
        _steps += 1 + (octets / OctetsInAStep);
        if (_steps > SchemaLimits.Steps) throw new SchemaOverrun("checking it takes too much work");
    }

    /// <summary>The text of a value; it is made anew each time.</summary>
    public string Text(JsonElement value)
    {
        Step(JsonMarshal.GetRawUtf8Value(value).Length);
        return value.GetString()!;
    }

    /// <summary>The name of a field; it is made anew each time.</summary>
    public string Name(JsonProperty field)
    {
        Step(JsonMarshal.GetRawUtf8PropertyName(field).Length);
        return field.Name;
    }

    /// <summary>Matches a pattern, within its time.</summary>
    public bool Matches(SchemaPattern pattern, string text)
    {
        Step((long)text.Length * pattern.Size / 4);
        var (began, before) = (Stopwatch.GetTimestamp(), GC.GetAllocatedBytesForCurrentThread());
        var matches = pattern.IsMatch(text);
        PatternOctets += GC.GetAllocatedBytesForCurrentThread() - before;
        if (PatternOctets > SchemaLimits.PatternOctets) throw new SchemaOverrun("its patterns take too much memory to match");
        if (!pattern.IsLinear) _ticksInPatterns += Stopwatch.GetElapsedTime(began).Ticks;
        if (_ticksInPatterns > SchemaLimits.PatternMilliseconds * TimeSpan.TicksPerMillisecond)
            throw new SchemaOverrun("its patterns take too long to match");
        return matches;
    }

    /// <summary>Equality as JSON Schema has it: numbers by their value.</summary>
    public bool AreEqual(JsonElement one, JsonElement other)
    {
        if (one.ValueKind != other.ValueKind)
        {
            Step();
            return false;
        }

        Step(Math.Min(JsonMarshal.GetRawUtf8Value(one).Length, JsonMarshal.GetRawUtf8Value(other).Length));
        return JsonElement.DeepEquals(one, other);
    }
}
