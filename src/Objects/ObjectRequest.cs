using Anvil.Contracts;
using Anvil.Contracts.Machines;
using Anvil.Objects.Memory;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Lists;

namespace Anvil.Objects;

/// <summary>
/// What a face was asked for: who asks, with which words, on which condition. No face's own types reach further than this.
/// </summary>
/// <param name="Principal">Who asks, with its rights.</param>
/// <param name="Place">Where it was asked, such as the path; named in a refusal.</param>
public sealed record ObjectRequest(Principal Principal, string Place)
{
    /// <summary>The words of a query, by name; several values of one name in their order. All are words of the verb.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Query { get; private init; }
        = new Dictionary<string, IReadOnlyList<string>>();

    /// <summary>If-Match: the change is made only upon one of these versions (RFC 9110 section 13.1.1).</summary>
    public EntityTags IfMatch { get; init; } = EntityTags.None;

    /// <summary>If-None-Match: a read is answered 304 when it has one of these versions (RFC 9110 section 13.1.2).</summary>
    public EntityTags IfNoneMatch { get; init; } = EntityTags.None;

    /// <summary>
    /// How long a read waits for another version than those of <see cref="IfNoneMatch"/> (RFC 7240: Prefer: wait); null: not at all.
    /// </summary>
    public TimeSpan? Wait { get; init; }

    /// <summary>IPv4 address that it was asked from; "" where that is not known.</summary>
    public string Source { get; init; } = "";

    /// <summary>The memory that a list may take; null: no more is asked than a list's own bound.</summary>
    public IListMemory? Memory { get; init; }

    /// <summary>Of a list its counts are wanted, and no row (HEAD).</summary>
    public bool CountsAlone { get; init; }

    /// <summary>Of a list its rows are wanted, and no counts.</summary>
    public bool RowsAlone { get; init; }

    /// <summary>The memory that a change may take; null: it is not counted.</summary>
    public IObjectMemory? Room { get; init; }

    /// <summary>The memory that an object takes which is read; null: it is not counted.</summary>
    public IObjectMemory? Reading { get; init; }

    /// <summary>The secure params that it has opened so far.</summary>
    public OpenedSecrets Opened { get; } = new();

    /// <summary>Waits for the memory that a machine takes: it is read, and written, whole however little is said of it.</summary>
    public async Task HoldAsync(string machine, IMachineQueries queries, CancellationToken cancellation)
    {
        if (Room is { } room) await room.TakeAsync(await queries.OctetsOfAsync(machine, cancellation), cancellation);
    }

    /// <summary>
    /// The request with the words of its query: there is no other way for one to get here than past what the verb knows.
    /// </summary>
    /// <exception cref="ApiException">
    /// 400: a word that the verb does not have, or a truth that is none; 412: a condition on the version of what has none.
    /// </exception>
    public ObjectRequest Saying(IReadOnlyDictionary<string, IReadOnlyList<string>> query, VerbWords words)
    {
        words.Check(query, Place);
        if (!words.HasVersion && (IfMatch.IsGiven || IfNoneMatch.IsAny))
            throw new ApiException(new ApiError("", Place, "QUERY", ["this has no version: leave If-Match and If-None-Match out"], 412));
        return this with { Query = query };
    }

    /// <summary>The change is to be tried alone: whoever makes one for it all the same is stopped (<see cref="Actor"/>).</summary>
    public bool IsDryRun => Flag(VerbWords.DryRun);

    private bool IsTrial { get; init; }

    /// <summary>The request for what tries its change.</summary>
    internal ObjectRequest AsTrial() => this with { IsTrial = true };

    /// <summary>True when the query has a word, and says that it is so.</summary>
    public bool Flag(string name) => Query.TryGetValue(name, out var values) && values is [var text] && QueryFlag.Read(text) == true;

    /// <summary>The one value of a word of the query; "" without it.</summary>
    /// <exception cref="ApiException">400: it has several.</exception>
    public string Word(string name)
    {
        if (!Query.TryGetValue(name, out var values) || values.Count == 0) return "";
        return values.Count == 1 ? values[0] : throw VerbWords.Refused(Place, $"{name} has one value");
    }

    /// <summary>The rights that what a user chooses is held to; null for who has all, and for machines.</summary>
    internal Rights? RightsOfUser => Principal.Kind == PrincipalKind.User ? Rights.Of(Principal) : null;

    /// <summary>Who asks, as grains are told.</summary>
    /// <param name="machine">Uuid of the machine whose task list may be meant; "*" for none.</param>
    /// <exception cref="InvalidOperationException">The change is to be tried alone, and this would make it.</exception>
    public Actor Actor(string machine = "*")
    {
        if (IsDryRun && !IsTrial) throw new InvalidOperationException($"{Place}: a change that is to be tried would be made");
        return new(Principal.Name, Principal.Kind != PrincipalKind.User, Principal.HasRight("machines", "updateTaskList", machine))
        {
            IsTask = Principal.Job.Length > 0,
            Task = Principal.Task,
            MayAddCards = Principal.May("machines", "update:/HardwareAddrs", "*"),
            Rights = RightsOfUser,
            TokenRoles = Principal.TokenRoles,
        };
    }

    /// <summary>Who asks and on which condition, as grains are told.</summary>
    /// <param name="revision">The revision that the condition asks for; null for none.</param>
    /// <param name="machine">Uuid of the machine whose task list may be meant; "*" for none.</param>
    public ChangeTerms Terms(long? revision = null, string machine = "*")
        => new(Actor(machine)) { Force = Flag("force"), IfRevision = revision };

    /// <summary>
    /// As <see cref="Terms"/>, for a change of what was found: a condition that was checked upon the read holds upon the write as well.
    /// </summary>
    internal ChangeTerms TermsOf(FoundObject found, string machine = "*") => Terms(IfMatch.IsGiven ? found.Revision : null, machine);

    /// <summary>The version that a change asks for of what was found, where that is no revision; "" without a condition.</summary>
    internal string WantedOf(FoundObject found) => IfMatch.IsGiven ? found.Tag : "";

    /// <summary>
    /// Refuses what the requester has no right to. A refused get is answered 404, which hides whether the object is there (DRP).
    /// </summary>
    /// <exception cref="ApiException">403 or 404.</exception>
    public void Require(string scope, string action, string specific)
    {
        if (!Principal.May(scope, action, specific)) throw Refusal(scope, action, specific);
    }

    /// <summary>The refusal of what there is no right to.</summary>
    /// <param name="scope">The kind.</param>
    /// <param name="action">The right.</param>
    /// <param name="text">The object as the requester named it: nothing of what was found may be told.</param>
    /// <param name="isHidden">False where more than reading was asked for: it is told which right is missing.</param>
    internal ApiException Refusal(string scope, string action, string text, bool isHidden = true)
        => new(action == "get" && isHidden ? ApiError.NotFound(scope, text)
            : new ApiError(scope, text, "AUTH", [$"Cannot access {Place}", $"Requires: {scope} {action} {text}"], 403));
}
