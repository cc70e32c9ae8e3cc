namespace Anvil.Contracts;

/// <summary>What is the matter with the database. Its text names neither places nor secrets: whoever is refused may read it.</summary>
/// <param name="Kind">Of which kind it is.</param>
/// <param name="Text">What is the matter, for people.</param>
public sealed record DatabaseFault(DatabaseFaultKind Kind, string Text)
{
    /// <summary>Under this name an exception carries what was the matter to other silos, which do not know its type.</summary>
    private const string Name = "Anvil.DatabaseFault";

    /// <summary>What is said while nothing more is known.</summary>
    public static DatabaseFault Away { get; } = new(DatabaseFaultKind.Away, "the database does not answer");

    /// <summary>True when the same may be done a little later, without anybody having mended anything.</summary>
    public bool IsPassing
        => Kind is DatabaseFaultKind.Away or DatabaseFaultKind.Slow or DatabaseFaultKind.Locked or DatabaseFaultKind.Crowded;

    /// <summary>True when no write can be done until somebody has mended it.</summary>
    public bool StopsWrites => Kind is DatabaseFaultKind.Full or DatabaseFaultKind.ReadOnly or DatabaseFaultKind.Damaged;

    /// <summary>The status that a request is answered.</summary>
    public int Status => Kind switch
    {
        DatabaseFaultKind.Refused => 409,
        DatabaseFaultKind.Program => 500,
        _ => 503,
    };

    /// <summary>The text, and what to do about it where waiting helps.</summary>
    /// <param name="advice">Such as "try again".</param>
    public string With(string advice) => IsPassing ? $"{Text}; {advice}" : Text;

    /// <summary>Makes an exception carry this, also to another silo.</summary>
    public T On<T>(T exception)
        where T : Exception
    {
        exception.Data[Name] = $"{Kind} {Text}";
        return exception;
    }

    /// <summary>What an exception, or one inside it, carries; null when none does.</summary>
    public static DatabaseFault? CarriedBy(Exception exception)
    {
        for (Exception? e = exception; e is not null; e = e.InnerException)
        {
            if (e.Data[Name] is string text && text.IndexOf(' ', StringComparison.Ordinal) is > 0 and var space
                && Enum.TryParse<DatabaseFaultKind>(text.AsSpan(0, space), out var kind))
                return new DatabaseFault(kind, text[(space + 1)..]);
        }

        return null;
    }
}
