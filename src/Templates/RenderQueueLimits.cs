namespace Anvil.Templates;

/// <summary>How many renders run and wait.</summary>
/// <param name="AtOnce">Renders that run at once, each on a thread of its own.</param>
/// <param name="Waiting">Renders that wait, all together.</param>
/// <param name="WaitingOfSource">Renders of one source that wait: a machine fetches its files one after another, or a few at once.</param>
public sealed record RenderQueueLimits(int AtOnce, int Waiting = 4096, int WaitingOfSource = 32)
{
    /// <summary>
    /// Most that run at once whatever the processors: together they may hold so many times <see cref="TemplateLimits.MemoryOctets"/>.
    /// </summary>
    public const int MostAtOnce = 8;

    /// <summary>One processor is left to packets where there is more than one.</summary>
    public static RenderQueueLimits Default { get; } = new(Math.Clamp(Environment.ProcessorCount - 1, 1, MostAtOnce));
}
