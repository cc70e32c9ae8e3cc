namespace Anvil.Silo.Tests.Killed;

/// <summary>A client that writes one kind of thing, remembers what was confirmed, and knows what must be there after a kill.</summary>
internal interface IKillWriter
{
    /// <summary>What it writes.</summary>
    string Kind { get; }

    /// <summary>Writes that were confirmed to it.</summary>
    int Confirmed { get; }

    /// <summary>The write that was under way when the silo was killed; "" when there was none.</summary>
    string UnderWay { get; }

    /// <summary>One write.</summary>
    Task StepAsync();

    /// <summary>Looks at all that it wrote, once the silo is there again; then it knows what became of the write that was under
    /// way.</summary>
    Task CheckAsync();
}
