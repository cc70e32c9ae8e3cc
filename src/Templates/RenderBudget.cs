using System.Runtime.CompilerServices;

namespace Anvil.Templates;

/// <summary>
/// What the renders of one request may still take, together with everything that they call: steps, memory, output, depth and time. Whoever
/// makes something charges for it before. Belongs to one render at a time; not for several threads at once.
/// </summary>
public sealed class RenderBudget
{
    /// <summary>Charges between two looks at the clock.</summary>
    private const int ChargesPerLook = 256;

    /// <summary>What takes so many octets takes as long as many charges: the clock is looked at for it alone.</summary>
    private const long OctetsPerLook = 1 << 20;

    private readonly TemplateLimits _limits;
    private readonly TimeProvider _time;
    private readonly CancellationToken _cancellation;
    private readonly List<object> _path = [];
    private readonly Dictionary<string, GoPattern> _patterns = new(StringComparer.Ordinal);
    private readonly HashSet<string> _confided = new(StringComparer.Ordinal);
    private long _began;
    private bool _isRunning;
    private int _charges;
    private int _depth;
    private int _calls;

    /// <summary>A budget of which nothing is spent; its time begins with the first charge.</summary>
    /// <param name="limits">The bounds.</param>
    /// <param name="time">The clock; null: the time of the processor that the thread takes, on which all is to be rendered.</param>
    /// <param name="cancellation">Ends the render with <see cref="OperationCanceledException"/>: nobody waits for it any more.</param>
    public RenderBudget(TemplateLimits? limits = null, TimeProvider? time = null, CancellationToken cancellation = default)
    {
        _limits = limits ?? TemplateLimits.Default;
        _time = time ?? ThreadTime.Instance;
        _cancellation = cancellation;
    }

    /// <summary>
    /// What was rendered has seen a value that not everybody may see: what went wrong may quote it, beyond its place
    /// (<see cref="TemplateException.Place"/>).
    /// </summary>
    public bool IsConfidential => _confided.Count > 0;

    /// <summary>Names of the values that were opened and that not everybody may see.</summary>
    public IReadOnlyCollection<string> Confided => _confided;

    /// <summary>Says that a value is opened that not everybody may see.</summary>
    /// <param name="name">Its name.</param>
    public void Confide(string name) => _confided.Add(name);

    /// <summary>Steps taken.</summary>
    public long Steps { get; private set; }

    /// <summary>Octets charged for what was made.</summary>
    public long Memory { get; private set; }

    /// <summary>Characters of output.</summary>
    public long Output { get; private set; }

    /// <summary>Charges for work.</summary>
    /// <exception cref="TemplateFault">Steps or time are spent.</exception>
    public void Step(long count = 1)
    {
        Steps += count;
        if (Steps > _limits.Steps || Steps < 0)
        {
            Steps = _limits.Steps;
            throw new TemplateFault($"more than {_limits.Steps} steps", TemplateBound.Steps);
        }

        if (count >= ChargesPerLook || ++_charges >= ChargesPerLook || !_isRunning) Look();
    }

    /// <summary>Charges for octets that are about to be taken.</summary>
    /// <exception cref="TemplateFault">The memory is spent.</exception>
    public void Allocate(long octets)
    {
        if (octets < 0 || octets > _limits.MemoryOctets - Memory)
            throw new TemplateFault($"more than {_limits.MemoryOctets} octets of memory", TemplateBound.Memory);
        Memory += octets;
        if (octets >= OctetsPerLook || ++_charges >= ChargesPerLook) Look();
    }

    /// <summary>Looks at the clock, and whether somebody still waits.</summary>
    /// <exception cref="TemplateFault">The time is over.</exception>
    /// <exception cref="OperationCanceledException">Nobody waits any more.</exception>
    public void Look()
    {
        _charges = 0;
        _cancellation.ThrowIfCancellationRequested();
        if (!_isRunning)
        {
            _isRunning = true;
            _began = _time.GetTimestamp();
        }
        else if (_limits.Time != Timeout.InfiniteTimeSpan && _time.GetElapsedTime(_began) > _limits.Time)
        {
            throw new TemplateFault($"longer than {_limits.Time.TotalMilliseconds:0} ms", TemplateBound.Time);
        }
    }

    /// <summary>A value as text, as Go's fmt prints it with %v; nothing is empty.</summary>
    /// <exception cref="TemplateFault">A bound is hit.</exception>
    public string Text(object? value) => value switch
    {
        null => "",
        string s => s,
        _ => ValuePrinter.Print(value, this),
    };

    /// <summary>Charges for a text that is about to be made.</summary>
    internal void MakeText(long characters)
    {
        Allocate(64 + (2 * characters));
        Step(1 + (characters / 64));
    }

    /// <summary>Charges for a list that is about to be made.</summary>
    internal void MakeList(long items)
    {
        Allocate(128 + (32 * items));
        Step(1 + (items / 8));
    }

    /// <summary>Charges for a map that is about to be made.</summary>
    internal void MakeMap(long entries)
    {
        Allocate(256 + (128 * entries));
        Step(1 + (entries / 2));
    }

    /// <summary>Charges for the pieces of a text that is about to be cut.</summary>
    internal void MakePieces(long characters, long pieces, int octets = 96)
    {
        Allocate(128 + (2 * characters) + (octets * pieces));
        Step(1 + pieces + (characters / 64));
    }

    /// <summary>Charges for the search for a text within another: at worst all of it is compared at every place.</summary>
    internal void Search(string text, string part)
    {
        var places = Math.Max(0, text.Length - part.Length + 1L);
        Step(1 + (text.Length / 64) + (places * part.Length / 65536));
    }

    /// <summary>Charges for sorting texts, by what the longest two have to be compared.</summary>
    internal void Sort(IReadOnlyCollection<string> texts)
    {
        long longest = 0, second = 0;
        foreach (var text in texts)
        {
            if (text.Length > longest) (longest, second) = (text.Length, longest);
            else second = Math.Max(second, text.Length);
        }

        var rounds = 1 + (int)Math.Log2(texts.Count + 1);
        Step(1 + (texts.Count * rounds * (1 + (second / 1024)) / 4));
        Allocate(128 + (64L * texts.Count));
    }

    /// <summary>The entries of a map in the order of their keys.</summary>
    internal KeyValuePair<string, object?>[] Sorted(IReadOnlyDictionary<string, object?> map)
    {
        Step(1 + (map.Count / 8));
        Allocate(64 + (16L * map.Count));
        var entries = map.ToArray();
        Sort(Array.ConvertAll(entries, e => e.Key));
        Array.Sort(entries, (a, b) => GoText.Compare(a.Key, b.Key));
        return entries;
    }

    /// <summary>A regular expression, made once for a render.</summary>
    internal GoPattern Pattern(string pattern, Func<string, RenderBudget, GoPattern> make)
    {
        if (!_patterns.TryGetValue(pattern, out var made)) _patterns[pattern] = made = make(pattern, this);
        return made;
    }

    internal void Write(long characters)
    {
        if (Output + characters > _limits.OutputCharacters)
            throw new TemplateFault($"output is over {_limits.OutputCharacters} characters", TemplateBound.Output);
        Output += characters;
        Step(1 + (characters / 256));
        Allocate(4 * characters);
    }

    /// <summary>Goes a level down in what is evaluated.</summary>
    internal void Enter()
    {
        if (++_depth > _limits.Nesting) throw new TemplateFault($"nested deeper than {_limits.Nesting} levels", TemplateBound.Depth);
        NeedStack();
    }

    internal void Leave() => _depth--;

    /// <summary>Calls a template.</summary>
    internal void Call()
    {
        if (++_calls > _limits.Depth) throw new TemplateFault($"exceeded maximum template depth ({_limits.Depth})", TemplateBound.Depth);
    }

    internal void Return() => _calls--;

    /// <summary>Goes down into a list or map.</summary>
    internal void Descend(object container)
    {
        Step();
        if (_path.Count >= TemplateLimits.ValueDepth)
        {
            throw new TemplateFault(
                _path.Contains(container, ReferenceEqualityComparer.Instance)
                    ? "the value holds itself"
                    : $"the value is nested deeper than {TemplateLimits.ValueDepth} levels",
                TemplateBound.Depth);
        }

        NeedStack();
        _path.Add(container);
    }

    internal void Ascend() => _path.RemoveAt(_path.Count - 1);

    internal (int Depth, int Calls, int Path) Place() => (_depth, _calls, _path.Count);

    /// <summary>Takes back levels that an exception left open.</summary>
    internal void GoBack((int Depth, int Calls, int Path) place)
    {
        (_depth, _calls) = (place.Depth, place.Calls);
        if (_path.Count > place.Path) _path.RemoveRange(place.Path, _path.Count - place.Path);
    }

    /// <summary>The levels' bounds fit every stack of ours; this one holds on any other.</summary>
    internal static void NeedStack()
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
            throw new TemplateFault("nested deeper than the stack of this thread allows", TemplateBound.Depth);
    }
}
