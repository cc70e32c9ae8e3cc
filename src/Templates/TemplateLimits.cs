namespace Anvil.Templates;

/// <summary>
/// Bounds on a render, so that no template of a content pack can exhaust the server: all that one request renders, with everything that is
/// called by it, has one budget (<see cref="RenderBudget"/>).
/// </summary>
/// <param name="OutputCharacters">Most characters of output, that of nested templates included.</param>
/// <param name="Steps">
/// Most steps: a node evaluated, an item handled or compared, 64 characters read. One takes some ten to a hundred nanoseconds.
/// </param>
/// <param name="Depth">Deepest template call.</param>
public sealed record TemplateLimits(int OutputCharacters, int Steps, int Depth)
{
    /// <summary>Deepest nesting of actions and parentheses in a text that is parsed.</summary>
    public const int ParseDepth = 200;

    /// <summary>
    /// Deepest nesting of values where they are printed, compared, copied, merged or become JSON. Documents have 64 levels at most.
    /// </summary>
    public const int ValueDepth = 128;

    /// <summary>Longest regular expression, in characters.</summary>
    public const int PatternLength = 2000;

    /// <summary>
    /// Longest that one search for a regular expression may take: as long as a whole render. Searches are linear, and a shorter clock ran
    /// out where the processors were busy with other things.
    /// </summary>
    public const int PatternMilliseconds = 2000;

    /// <summary>Most octets of values and texts that are made, those thrown away included.</summary>
    public long MemoryOctets { get; init; } = 128L << 20;

    /// <summary>Deepest nesting of all that is evaluated: actions, parentheses and template calls together.</summary>
    public int Nesting { get; init; } = 1000;

    /// <summary>Longest time of the processor (<see cref="ThreadTime"/>): what waits for its turn does not count.</summary>
    public TimeSpan Time { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>For files and scripts: 8 Mi characters, two million steps, 100 calls deep, 128 MiB, 2 s.</summary>
    public static TemplateLimits Default { get; } = new(8 << 20, 2_000_000, 100);

    /// <summary>
    /// For what is rendered between a packet and its answer, all options together: a hundredth of the work.
    /// </summary>
    public static TemplateLimits Packet { get; } = new(16 << 10, 20_000, 10)
    {
        MemoryOctets = 4 << 20,
        Nesting = 100,
        Time = TimeSpan.FromMilliseconds(100),
    };

    /// <summary>
    /// For parsing all texts of one document that is written: a step is a token. No time, since every silo has to come to the same answer.
    /// </summary>
    public static TemplateLimits Parsing { get; } = new(0, 500_000, 0) { Time = Timeout.InfiniteTimeSpan };
}
