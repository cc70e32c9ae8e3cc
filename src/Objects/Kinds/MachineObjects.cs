using System.Collections.Frozen;
using System.Globalization;
using System.Text.Json;
using Anvil.Contracts.Diagnostics;
using Anvil.Contracts;
using Anvil.Contracts.Catalog;
using Anvil.Contracts.Machines;
using Anvil.Contracts.Subnets;
using Anvil.Contracts.Timeline;
using Anvil.Objects.Access;
using Anvil.Objects.Trials;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Lists;
using Anvil.Provisioning.Machines;
using Anvil.Provisioning.Network;
using Microsoft.Extensions.Hosting;

namespace Anvil.Objects.Kinds;

/// <summary>Machines: lists come from the query table, everything else from the machine's own grain.</summary>
public sealed class MachineObjects(IMachineQueries queries, GrainFinder grains, ITimeline timeline, RegistrationGate gate,
    ICatalog catalog, ILeaseStore leases, TenantMembers tenants, ChangeTrials trials, TimeProvider time,
    IHostApplicationLifetime lifetime) : IObjectKind
{
    /// <summary>Machines that are named where several may be meant.</summary>
    private const int MostNamed = 8;

    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(60);

    /// <inheritdoc/>
    public string Prefix => "machines";

    /// <inheritdoc/>
    public Type Document => typeof(Machine);

    /// <inheritdoc/>
    public FieldTable Fields => MachineFields.Table;

    /// <inheritdoc/>
    public async Task<ListPage<Document>> ListAsync(ListQuery query, CancellationToken cancellation)
    {
        using var step = AnvilDiagnostics.Step();
        var page = await queries.PageAsync(query, cancellation);
        return new ListPage<Document>([.. page.Rows], page.Total, page.Filtered, page.Next);
    }

    /// <inheritdoc/>
    public Func<ListQuery, CancellationToken, Task<ListPage<StoredRow>>> Stored => StoredAsync;

    private async Task<ListPage<StoredRow>> StoredAsync(ListQuery query, CancellationToken cancellation)
    {
        using var step = AnvilDiagnostics.Step();
        var page = await queries.StoredAsync(query, cancellation);
        return new ListPage<StoredRow>([.. page.Rows.Select(r => new StoredRow(Prefix, r.AsWritten, r.Read))], page.Total, page.Filtered,
            page.Next);
    }

    /// <inheritdoc/>
    public async Task<FoundObject?> FindAsync(string text, ObjectRequest request, CancellationToken cancellation)
    {
        if (await UuidAsync(text, cancellation) is not { } uuid) return null;
        var known = request.Wait is null ? null : Known(request.IfNoneMatch);
        var answer = known is { } revision ? await AwaitAsync(uuid, revision, request.Wait!.Value)
            : await GrainCalls.AskAsync(() => Grain(uuid).Read());
        if (answer.Status == 304) answer = await GrainCalls.AskAsync(() => Grain(uuid).Read());
        return answer.Machine is null ? answer.Error is null or { Code: 404 } ? null : throw new ApiException(answer.Error)
            : new FoundObject(Seen(answer.Machine, request.Principal), Tag(answer.Revision), uuid) { Revision = answer.Revision };
    }

    /// <inheritdoc/>
    public async Task<FoundObject?> FindAmongAsync(string text, IReadOnlyCollection<string> owners, ObjectRequest request,
        CancellationToken cancellation)
    {
        if (KeyOf(text) is { } key) return owners.Contains(key) ? await FindAsync(key, request, cancellation) : null;
        var at = text.IndexOf(':', StringComparison.Ordinal);
        var name = at > 0 && text[..at] == "Name" ? NameRules.Fold(text[(at + 1)..]) : null;
        var mac = name is null && MacAddress.TryNormalize(text, out var normal) ? normal : null;
        if (name is null && mac is null) return null;
        foreach (var owner in owners)
        {
            if (await FindAsync(owner, request with { Wait = null }, cancellation) is not { Document: Machine machine } found) continue;
            if (name is not null ? NameRules.Fold(machine.Name) != name : !machine.HardwareAddrs.Contains(mac)) continue;
            return request.Wait is null ? found : await FindAsync(owner, request, cancellation);
        }

        return null;
    }

    /// <summary>Nothing but a key, and by an index one look at it: a machine of others is neither read nor waited for.</summary>
    public async Task<FoundObject?> FindWithinAsync(string text, Reach reach, ObjectRequest request, CancellationToken cancellation)
        => (KeyOf(text) ?? await UuidAsync(text, cancellation)) is { } uuid && reach.Holds(Prefix, uuid)
            ? await FindAsync(uuid, request, cancellation) : null;

    /// <inheritdoc/>
    public ListScope? Within(Reach reach) => new(Fields["Uuid"], reach.KeysOf(Prefix));

    /// <inheritdoc/>
    public Document? Told(Document document, ObjectRequest request)
        => request.Principal.Kind == PrincipalKind.Unknown ? MachineRules.Told((Machine)document) : null;

    /// <summary>Whoever filters by them finds them out.</summary>
    public IReadOnlySet<string> OfPeople { get; } = FrozenSet.Create(StringComparer.Ordinal, nameof(Machine.Boot),
        $"{nameof(Machine.Boot)}.{nameof(MachineBoot.Doubt)}", $"{nameof(Machine.Boot)}.{nameof(MachineBoot.Reason)}");

    /// <inheritdoc/>
    public Document Seen(Document document, Principal principal)
    {
        if (principal.Kind == PrincipalKind.User) return document;
        // An agent boots again when its machine is given another environment than it runs in.
        var machine = MachineRules.Undoubted((Machine)document);
        return machine with { BootEnv = WhileItWaits.BootEnvOf(machine, catalog.Current) };
    }

    /// <inheritdoc/>
    public async Task<ChangedObject> CreateAsync(Document document, ObjectRequest request, CancellationToken cancellation)
    {
        using var step = AnvilDiagnostics.Step();
        var wanted = (Machine)document;
        var discovered = request.Principal.Kind == PrincipalKind.Unknown;
        if (tenants.Full(Prefix, request) is { } full) return Refused(full);
        string uuid;
        var (policy, isOnLink, doubt) = (RegistrationPolicy.Open, false, "");
        if (discovered)
        {
            var isUnleased = IsUnleased(request.Principal);
            var said = wanted.HardwareAddrs.Select(m => MacAddress.TryNormalize(m, out var mac) ? mac : m);
            if (await IsOfAnotherAsync(request, said))
            {
                throw new ApiException(new ApiError(Prefix, "", "Registration",
                    [$"the token was given to {request.Principal.Address}, and it comes from {request.Source}, which is leased to a card "
                        + "that is not among those of the registration"], 403));
            }

            policy = await gate.EnterAsync(request.Principal, Json.Write(wanted).Length, cancellation);
            var registration = MachineRules.Registration(wanted);
            // Where an address is leased to nobody, so are cards: what it says of them is among its facts, and makes it nobody.
            (wanted, isOnLink) = isUnleased ? (registration with { HardwareAddrs = [], Address = request.Principal.Address }, false)
                : await OwnCardsAsync(registration, request.Principal, cancellation);
            uuid = MachineRules.RegistrationUuid(request.Principal.TokenId);
            (var joined, doubt, var foreign) = await JoinKnownAsync(registration, wanted, policy, request, cancellation);
            if (joined is not null) return Changed(joined, request);
            // The cards of others stay theirs.
            wanted = wanted with { HardwareAddrs = [.. wanted.HardwareAddrs.Except(foreign)] };
            if (doubt.Length > 0) wanted = wanted with { HardwareAddrs = [request.Principal.Mac] };
            if (isUnleased)
            {
                doubt = $"it registers itself from {request.Principal.Address}, which no lease gave it, so nobody knows its cards; "
                    + "give it one and approve of it, or delete it";
            }
            else if (wanted.HardwareAddrs.Count == 0 && registration.HardwareAddrs.Count > 0)
            {
                doubt = $"it registers itself from {request.Principal.Address} with cards that have leases in another subnet: give it one "
                    + "of them and approve of it, or delete it";
            }

            if (doubt.Length > 0) await gate.DoubtAsync(request.Principal, cancellation);
        }
        else if (UuidOfNew(wanted, request, out uuid) is { } unnamed)
        {
            return Refused(unnamed);
        }

        if (await tenants.FreeAsync(Prefix, uuid, () => IsThereAsync(uuid), request, cancellation) is { } kept) return Refused(kept);
        // It is its tenant's before it is there, so that who made it hears that it came to be.
        if (await tenants.AddAsync(Prefix, uuid, request, cancellation) is { } untaken) return Refused(untaken);
        var terms = request.Terms(machine: uuid) with { Force = !discovered && request.Flag("force") };
        var answer = await GrainCalls.ActAsync(() => Grain(uuid).Make(new MachineWrite(wanted, terms)
        {
            Discovered = discovered,
            Admission = policy,
            OnLink = isOnLink,
            Doubt = doubt,
            IsUnleased = discovered && request.Principal.Mac.Length == 0,
            Subnet = discovered ? gate.SubnetOf(request.Principal) : "",
        }));
        var outcome = answer.Error is null ? "created" : string.Join("; ", answer.Error.Messages);
        timeline.Note(answer.Error is null ? uuid : "", wanted.HardwareAddrs.FirstOrDefault() ?? "", "api",
            discovered ? "registers itself" : $"created by {request.Principal.Name}", outcome, wanted.Name);
        if (answer.Error is { Code: < 500 } && wanted.Uuid.Length == 0) await tenants.RemoveAsync(Prefix, uuid, request, cancellation);
        return Changed(answer, request);
    }

    /// <inheritdoc/>
    public async Task<ChangedObject> ReplaceAsync(FoundObject found, Document document, ObjectRequest request,
        CancellationToken cancellation)
        => Changed(await GrainCalls.ActAsync(
            () => Grain(found.Document.Key).Replace(new MachineWrite((Machine)document, Terms(found, request)))), request);

    /// <inheritdoc/>
    public async Task<ChangedObject> PatchAsync(FoundObject found, JsonElement patch, ObjectRequest request,
        CancellationToken cancellation)
        => Changed(await GrainCalls.ActAsync(
            () => Grain(found.Document.Key).Amend(new DocumentPatch(patch.GetRawText(), Terms(found, request)))), request);

    /// <summary>Approves of a machine that registered itself.</summary>
    public async Task<ChangedObject> ApproveAsync(FoundObject found, ObjectRequest request)
        => Changed(await GrainCalls.ActAsync(() => Grain(found.Document.Key).Approve(Terms(found, request))), request);

    /// <inheritdoc/>
    public async Task<ChangedObject> DeleteAsync(FoundObject found, ObjectRequest request, CancellationToken cancellation)
    {
        var answer = await GrainCalls.ActAsync(() => Grain(found.Document.Key).Remove(Terms(found, request)));
        if (answer.Error is null) await tenants.RemoveAsync(Prefix, found.Document.Key, request, cancellation);
        return Changed(answer, request);
    }

    /// <inheritdoc/>
    public IObjectChanges Trial => Tried;

    /// <summary>Tries changes of machines.</summary>
    internal TriedMachines Tried => new(this, trials, tenants, catalog);

    /// <summary>The uuid that a machine is to have which somebody defines.</summary>
    /// <returns>Why it cannot have it; null where all is well.</returns>
    internal static ApiError? UuidOfNew(Machine wanted, ObjectRequest request, out string uuid)
    {
        uuid = wanted.Uuid;
        if (wanted.Uuid.Length == 0)
        {
            uuid = Guid.NewGuid().ToString();
            return null;
        }

        if (!UuidRules.TryRead(wanted.Uuid, out uuid))
            return ApiError.Invalid("machines", wanted.Uuid, $"Invalid Uuid `{wanted.Uuid}`");
        // Jobs, their logs and the timeline of one that is gone are kept under its name.
        return request.Principal.Reach is { } reach && reach.Limits("machines") && !reach.Holds("machines", uuid)
            ? ApiError.Invalid("machines", uuid, "Uuid: whom a tenant limits is given one") : null;
    }

    /// <summary>False only where there is surely no such machine.</summary>
    private async Task<bool> IsThereAsync(string uuid)
        => await GrainCalls.AskAsync(() => Grain(uuid).Read()) is not { Machine: null, Error: null or { Code: 404 } };

    /// <summary>The uuid that a text has in it; null for an index that has to be looked up, and for what is neither.</summary>
    private static string? KeyOf(string text) => UuidRules.TryRead(KeyText.Bare(text, "Uuid", "Key"), out var uuid) ? uuid : null;

    /// <summary>
    /// True for a stranger without a lease where Anvil gives leases: in a subnet of those, and anywhere but in a subnet of which it is
    /// said that others give its addresses.
    /// </summary>
    private bool IsUnleased(Principal stranger)
    {
        if (stranger.Mac.Length > 0) return false;
        return IPv4.TryParse(stranger.Address, out var address) && catalog.Current.SubnetOf(address) is { } subnet
            ? Leases(subnet) : catalog.Current.Subnets.Values.Any(Leases);
    }

    /// <summary>
    /// True for a registration that comes from an address of its subnet that somebody else is leased: a token is who carries it. Where
    /// nobody is known to have the address, or it is another network's (a balancer's, a router's), it tells nothing; nor does what others
    /// lease, which anybody can say that he has.
    /// </summary>
    private async Task<bool> IsOfAnotherAsync(ObjectRequest request, IEnumerable<string> cards)
        => request.Source.Length > 0 && request.Source != request.Principal.Address && IPv4.TryParse(request.Source, out var source)
            && catalog.Current.SubnetOf(source) is { Proxy: false } subnet
            && IPv4.TryParse(request.Principal.Address, out var own) && subnet.Cidr.Contains(own)
            && await GrainCalls.AskAsync(() => grains.Subnet(subnet.Name).WhoHas(source)) is { Lapsed: false } holder
            && !cards.Append(request.Principal.Mac).Contains(holder.Token, StringComparer.Ordinal);

    private static bool Leases(Subnet subnet) => subnet is { Enabled: true, Proxy: false };

    /// <summary>
    /// Those of a registration's cards that no subnet of Anvil's leases knows: who asks for nothing there names its cards itself, but none
    /// that is bound by another subnet's policy.
    /// </summary>
    private async Task<Machine> WithoutLeasedAsync(Machine wanted, CancellationToken cancellation)
    {
        if (!catalog.Current.Subnets.Values.Any(Leases)) return wanted;
        var named = wanted.HardwareAddrs.Take(MachineRules.MostOwnCards + 1)
            .Select(c => MacAddress.TryNormalize(c, out var mac) ? mac : c).Distinct(StringComparer.Ordinal).ToList();
        var held = (await leases.LiveOfAsync(named, time.GetUtcNow(), cancellation))
            .Where(l => IPv4.TryParse(l.Addr, out var at) && catalog.Current.SubnetOf(at) is { } subnet && Leases(subnet))
            .Select(l => l.Token).ToHashSet(StringComparer.Ordinal);
        return wanted with { HardwareAddrs = [.. named.Where(c => !held.Contains(c))] };
    }

    /// <summary>
    /// A registration with the cards that are its own: the one that its token was given to, and others that DHCP has given addresses on
    /// the same link. One that asks DHCP for nothing names its cards itself; that they were seen is not known then.
    /// </summary>
    /// <returns>The registration, and whether all cards that it names were seen on its link.</returns>
    private async Task<(Machine Registration, bool IsOnLink)> OwnCardsAsync(Machine wanted, Principal stranger,
        CancellationToken cancellation)
    {
        if (stranger.Mac.Length == 0) return (await WithoutLeasedAsync(wanted, cancellation), false);
        var own = stranger.Mac;
        var others = wanted.HardwareAddrs.Select(m => MacAddress.TryNormalize(m, out var mac) ? mac : m)
            .Where(m => m != own).Distinct(StringComparer.Ordinal).Take(MachineRules.MostOwnCards).ToList();
        var seen = await SeenOnLinkAsync(stranger, others);
        if (!HardwareMarks.Order(catalog.Current.Prefs[HardwareMarks.Pref]).Contains(HardwareMarks.Cards))
        {
            // No machine is found by its cards then: those that it has stay its own.
            var free = new List<string>();
            foreach (var card in seen)
            {
                if (await queries.UuidOfMacAsync(card, cancellation) is null) free.Add(card);
            }

            seen = free;
        }

        return (wanted with { HardwareAddrs = [own, .. seen], Address = stranger.Address }, seen.Count == others.Count);
    }

    /// <summary>
    /// Takes a registration for a machine that is known, where it has one of that machine's marks (<see cref="HardwareIdentity"/>): the
    /// first mark that somebody has decides. Where two have it nothing is touched, and a person decides.
    /// </summary>
    /// <param name="registration">What registers itself, as it says.</param>
    /// <param name="own">The same with the cards that are its own.</param>
    /// <param name="policy">The policy where it is.</param>
    /// <param name="request">On whose behalf.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The machine's grain's answer, or null; why it is none of those that are known, "" where nobody asks; and cards that it
    /// names and others have.</returns>
    private async Task<(MachineAnswer? Joined, string Doubt, IReadOnlyList<string> Foreign)> JoinKnownAsync(Machine registration,
        Machine own, string policy, ObjectRequest request, CancellationToken cancellation)
    {
        var card = request.Principal.Mac;
        if (card.Length == 0) return (null, "", []);
        IReadOnlyList<string> foreign = [];
        var claims = registration.HardwareAddrs.Select(m => MacAddress.TryNormalize(m, out var mac) ? mac : "").Prepend(card)
            .Where(m => m.Length > 0).Distinct(StringComparer.Ordinal).Take(MachineRules.MostOwnCards).ToList();
        foreach (var mark in HardwareMarks.Order(catalog.Current.Prefs[HardwareMarks.Pref]))
        {
            var text = mark == HardwareMarks.Cards ? string.Join(", ", claims) : HardwareIdentity.Of(mark, registration);
            if (text.Length == 0) continue;
            var marked = await MarkedAsync(mark, text, claims, cancellation);
            if (marked.Count == 0) continue;
            var found = new List<Machine>();
            foreach (var uuid in marked.Take(MostNamed))
            {
                await request.HoldAsync(uuid, queries, cancellation);
                if (await queries.FindAsync(uuid, cancellation) is { } machine) found.Add(machine);
            }

            if (found.Any(m => m.HardwareAddrs.Contains(card))) return (null, "", []);
            // Another serial number says that a tag is a whole chassis', or a whole make's, and a card was moved, or is a BMC's on USB, to
            // which its maker gives one address for all.
            var known = found.Where(m => !HardwareIdentity.AreTwo(m, registration)).ToList();
            if (mark == HardwareMarks.Cards) foreign = [.. found.Except(known).SelectMany(m => m.HardwareAddrs)];
            if (known.Count == 0) continue;
            if (known.Count > 1)
            {
                var names = string.Join(", ", known.Select(m => m.Name).Order(StringComparer.Ordinal));
                foreach (var one in known) NoteClaim(one, card);
                return (null, $"it may be one of {names}, which have the same {mark}; give its card to one of them, and delete this one, "
                    + "or approve of it as a machine of its own", foreign);
            }

            var joined = known[0];
            var seen = await SeenOnLinkAsync(request.Principal, [.. joined.HardwareAddrs.Take(MachineRules.MostOwnCards)]);
            var answer = await GrainCalls.ActAsync(() => Grain(joined.Uuid).Join(
                new MachineWrite(own with { Uuid = joined.Uuid, HardwareAddrs = [card] }, request.Terms(machine: joined.Uuid))
                {
                    Discovered = true,
                    Admission = policy,
                    OnLink = seen.Count > 0,
                    Claims = claims,
                }));
            if (answer.Error is null)
                timeline.Note(joined.Uuid, "", "api", $"{card} registers itself as this machine", "joined", $"the same {mark}");
            if (answer.Error is null or { Code: >= 500 or 422 }) return (answer, "", foreign);
            NoteClaim(joined, card);
            return (null, string.Join("; ", answer.Error.Messages)
                + "; give its card to that one and delete this one, or approve of it as a machine of its own", foreign);
        }

        return (null, "", foreign);
    }

    /// <summary>Uuids of the machines that have a mark.</summary>
    private async Task<IReadOnlyList<string>> MarkedAsync(string mark, string text, IReadOnlyList<string> claims,
        CancellationToken cancellation)
    {
        if (mark != HardwareMarks.Cards) return await queries.UuidsOfMarkAsync(mark, text, MostNamed, cancellation);
        var found = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var card in claims)
        {
            if (await queries.UuidOfMacAsync(card, cancellation) is { } uuid) found.Add(uuid);
        }

        return [.. found];
    }

    /// <summary>A machine reads its timeline: of others it has the card alone. Why is in the doubt, for people.</summary>
    private void NoteClaim(Machine machine, string card)
        => timeline.Note(machine.Uuid, "", "api", $"{card} registers itself as this machine", "refused",
            "Boot.Doubt of the machine with that card tells people why");

    /// <summary>Those of some cards that DHCP has given addresses on the link of who registers itself.</summary>
    private async Task<IReadOnlyList<string>> SeenOnLinkAsync(Principal stranger, IReadOnlyList<string> cards)
        => cards.Count > 0 && IPv4.TryParse(stranger.Address, out var address) && catalog.Current.SubnetOf(address) is { } subnet
            ? await GrainCalls.AskAsync(() => grains.Subnet(subnet.Name).OnLinkOf(stranger.Mac, cards)) : [];

    /// <summary>The uuid that a path's last part means; null when there is no such machine, or when it is no key and no index.</summary>
    private async Task<string?> UuidAsync(string text, CancellationToken cancellation)
    {
        if (KeyOf(text) is { } uuid) return uuid;
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon > 0 && text[..colon] == "Name") return await queries.UuidOfNameAsync(text[(colon + 1)..], cancellation);
        return MacAddress.TryNormalize(text, out var mac) ? await queries.UuidOfMacAsync(mac, cancellation) : null;
    }

    /// <summary>Waits for a change; a gateway that is ending says "no change" at once, and the next one is asked.</summary>
    private async Task<MachineAnswer> AwaitAsync(string uuid, long known, TimeSpan wait)
    {
        var most = wait < LongestWait ? wait : LongestWait;
        var change = GrainCalls.AskAsync(() => Grain(uuid).Await(known, most));
        var ending = Task.Delay(Timeout.Infinite, lifetime.ApplicationStopping);
        return await Task.WhenAny(change, ending) == change ? await change : new MachineAnswer(304, null, null, known);
    }

    private IMachineGrain Grain(string uuid) => grains.Machine(uuid);

    private static ChangeTerms Terms(FoundObject found, ObjectRequest request) => request.TermsOf(found, found.Document.Key);

    private static string Tag(long revision) => revision.ToString(CultureInfo.InvariantCulture);

    private static long? Known(EntityTags tags)
        => tags.Single is { } tag && long.TryParse(tag, NumberStyles.None, CultureInfo.InvariantCulture, out var revision)
            ? revision : null;

    private ChangedObject Changed(MachineAnswer answer, ObjectRequest request)
        => new(answer.Status, answer.Machine is { } machine ? Seen(machine, request.Principal) : null, answer.Error,
            answer.Revision > 0 ? Tag(answer.Revision) : "");

    private static ChangedObject Refused(ApiError error) => new(error.Code, null, error, "");
}
