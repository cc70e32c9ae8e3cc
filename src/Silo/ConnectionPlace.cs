namespace Anvil.Silo;

/// <summary>A connection's place among those of its port.</summary>
internal sealed class ConnectionPlace : IDisposable
{
    private readonly ConnectionTable _table;
    private readonly Action _end;

    /// <summary>A place that <see cref="ConnectionTable"/> gives.</summary>
    public ConnectionPlace(ConnectionTable table, string source, Action end)
    {
        (_table, Source, _end) = (table, source, end);
        Node = new LinkedListNode<ConnectionPlace>(this);
    }

    /// <summary>Whose it is.</summary>
    public string Source { get; }

    /// <summary>Where it stands among its source's; the table's alone.</summary>
    internal LinkedListNode<ConnectionPlace> Node { get; }

    /// <summary>A request's head is whole: it has something to do.</summary>
    public void Begin() => _table.Move(this, isBusy: true);

    /// <summary>The request was answered.</summary>
    public void Rest() => _table.Move(this, isBusy: false);

    /// <summary>Ends the connection.</summary>
    public void End() => _end();

    /// <summary>The connection is gone.</summary>
    public void Dispose() => _table.GiveBack(this);
}
