using System.Collections.Frozen;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Lists;

namespace Anvil.Objects;

/// <summary>An object that was found.</summary>
/// <param name="Document">The object.</param>
/// <param name="Tag">Its version.</param>
/// <param name="Specific">What rights on it are checked by: its key, or the key of the object that owns it.</param>
public sealed record FoundObject(Document Document, string Tag, string Specific)
{
    /// <summary>The version as a number that its grain knows; null where versions are hashes.</summary>
    public long? Revision { get; init; }
}

/// <summary>What a change gave: the object, or the error to answer.</summary>
/// <param name="Status">HTTP's number.</param>
/// <param name="Document">The object; null for an error, or for nothing.</param>
/// <param name="Error">The error.</param>
/// <param name="Tag">The object's new version; "" for none.</param>
public sealed record ChangedObject(int Status, Document? Document, ApiError? Error, string Tag)
{
    /// <summary>What a change that was tried would do; null for one that was made.</summary>
    public Consequences? Would { get; init; }
}

/// <summary>
/// How one kind is stored and changed, below the verbs that every kind has. What is given here was checked for rights and, documents, for
/// their shape.
/// </summary>
public interface IObjectKind : IObjectChanges
{
    /// <summary>Name in paths, and scope of its rights.</summary>
    string Prefix { get; }

    /// <summary>Type of its documents.</summary>
    Type Document { get; }

    /// <summary>False where objects are seen, and are no kind that is kept (DRP's objects do not name it).</summary>
    bool IsStored => true;

    /// <summary>All its objects are in memory anyway: a list of all takes no more than one of some.</summary>
    bool IsInMemory => false;

    /// <summary>False for a kind that DRP does not have, and that DRP's objects do not name to its clients.</summary>
    bool IsOfDrp => true;

    /// <summary>Keys may hold slashes.</summary>
    bool HasSlashes => false;

    /// <summary>Fields that are never shown, and so neither filtered nor sorted by.</summary>
    IReadOnlySet<string> Hidden => FrozenSet<string>.Empty;

    /// <summary>Fields that people alone are shown (<see cref="Seen"/>), and so filter and sort by.</summary>
    IReadOnlySet<string> OfPeople => FrozenSet<string>.Empty;

    /// <summary>An object as somebody is shown it.</summary>
    Document Seen(Document document, Principal principal) => document;

    /// <summary>The document without what is never shown.</summary>
    Document Shown(Document document) => document;

    /// <summary>A page of the kind's objects.</summary>
    Task<ListPage<Document>> ListAsync(ListQuery query, CancellationToken cancellation);

    /// <summary>
    /// A page of rows that are shown whole, as they are stored; null for a kind whose rows are objects anyway (<see cref="ListAsync"/>).
    /// </summary>
    Func<ListQuery, CancellationToken, Task<ListPage<StoredRow>>>? Stored => null;

    /// <summary>The fields that lists go by.</summary>
    FieldTable Fields { get; }

    /// <summary>The object that a path's last part means: a key, or an index such as `Name:web1`; null when there is none.</summary>
    Task<FoundObject?> FindAsync(string text, ObjectRequest request, CancellationToken cancellation);

    /// <summary>
    /// The object that a path's last part means, if it is one of those that somebody may reach. It is looked for among these alone, so
    /// that it takes as long whether or not there is another one that the text means.
    /// </summary>
    /// <param name="text">Key or index.</param>
    /// <param name="owners">What rights on the objects are checked by (<see cref="FoundObject.Specific"/>).</param>
    /// <param name="request">Who asks.</param>
    /// <param name="cancellation">Ends it.</param>
    Task<FoundObject?> FindAmongAsync(string text, IReadOnlyCollection<string> owners, ObjectRequest request,
        CancellationToken cancellation);

    /// <summary>
    /// The object that a path's last part means, if it is within somebody's reach, which limits the kind (<see cref="Reach.Limits"/>).
    /// </summary>
    /// <param name="text">Key or index.</param>
    /// <param name="reach">What is reached.</param>
    /// <param name="request">Who asks.</param>
    /// <param name="cancellation">Ends it.</param>
    async Task<FoundObject?> FindWithinAsync(string text, Reach reach, ObjectRequest request, CancellationToken cancellation)
        => await FindAsync(text, request with { Wait = null }, cancellation) is { } found && reach.Holds(Prefix, found.Document.Key)
            ? found : null;

    /// <summary>
    /// Among which rows a list is made for somebody whose reach limits the kind; null: the kind cannot tell, and none is shown.
    /// </summary>
    ListScope? Within(Reach reach) => null;

    /// <summary>
    /// True when somebody whose reach limits the kind may make an object: one that is to be its tenant's, or follows what is within.
    /// </summary>
    Task<bool> MayMakeAsync(Document document, Reach reach, CancellationToken cancellation) => Task.FromResult(!Reach.Follows(Prefix));

    /// <summary>The key on which the right to make an object is checked: "*" but where somebody owns it.</summary>
    string OwnerOfNew(Document document) => "*";

    /// <summary>What rights on an object are checked by (<see cref="FoundObject.Specific"/>).</summary>
    string SpecificOf(Document document, ObjectRequest request) => document.Key;

    /// <summary>
    /// What somebody is told of an object that it made or changed and may not read; null: its key alone.
    /// </summary>
    Document? Told(Document document, ObjectRequest request) => null;

    /// <summary>
    /// What tries the kind's changes, by all that decides them, and makes none; null: they cannot be tried, and who asks for that is
    /// refused.
    /// </summary>
    IObjectChanges? Trial => null;
}
