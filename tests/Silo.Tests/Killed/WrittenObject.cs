namespace Anvil.Silo.Tests.Killed;

/// <summary>What a client knows of an object that it writes.</summary>
internal sealed class WrittenObject(int number)
{
    /// <summary>Its number among the client's.</summary>
    public int Number => number;

    /// <summary>The version that was confirmed; 0: it is not there.</summary>
    public int Version { get; private set; }

    /// <summary>The version that the write under way would make; null: none is.</summary>
    public int? Pending { get; private set; }

    /// <summary>What the events must tell of it.</summary>
    public List<string> Told { get; } = [];

    /// <summary>True while something may have changed since it was last looked at.</summary>
    public bool IsFresh { get; set; } = true;

    /// <summary>A write begins.</summary>
    public void Begin(int version) => (Pending, IsFresh) = (version, true);

    /// <summary>The write under way was carried out.</summary>
    public void Done()
    {
        var to = Pending!.Value;
        Told.Add(to == 0 ? "delete" : Version == 0 ? "create" : "update");
        (Version, Pending) = (to, null);
    }

    /// <summary>The write under way was not carried out.</summary>
    public void Undone() => Pending = null;
}
