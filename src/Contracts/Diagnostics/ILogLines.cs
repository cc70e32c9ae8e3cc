namespace Anvil.Contracts.Diagnostics;

/// <summary>A line of a silo's log, in DRP's shape.</summary>
/// <param name="Group">What lines of one request have in common; 0 for none.</param>
/// <param name="Seq">Counts the lines since this silo began.</param>
/// <param name="Time">When it was logged.</param>
/// <param name="Service">The part of Anvil that logged it.</param>
/// <param name="Level">trace, debug, info, warn, error or fatal.</param>
/// <param name="File">The class that logged it.</param>
/// <param name="Message">What it says, in characters that can be printed.</param>
public sealed record LogLine(long Group, long Seq, DateTimeOffset Time, string Service, string Level, string File, string Message)
{
    /// <summary>DRP's line of the source file; not known here.</summary>
    public int Line { get; init; }

    /// <summary>DRP's further values; here they stand in the message.</summary>
    public IReadOnlyList<string> Data { get; init; } = [];

    /// <summary>DRP's principal; here who asked stands in the message.</summary>
    public string Principal { get; init; } = "";

    /// <summary>DRP's mark of lines that are no events; none of Anvil's are.</summary>
    public bool IgnorePublish { get; init; } = true;
}

/// <summary>The last lines that this silo logged.</summary>
public interface ILogLines
{
    /// <summary>The lines that are kept, the oldest first.</summary>
    IReadOnlyList<LogLine> Lines { get; }
}
