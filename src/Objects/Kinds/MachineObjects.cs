using System.Globalization;
using System.Text.Json;
using Anvil.Contracts.Diagnostics;
using Anvil.Contracts;
using Anvil.Contracts.Catalog;
using Anvil.Contracts.Machines;
using Anvil.Contracts.Subnets;
using Anvil.Contracts.Timeline;
using Anvil.Objects.Access;
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
    ICatalog catalog, ILeaseStore leases, TimeProvider time, IHostApplicationLifetime lifetime) : IObjectKind
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
        return new ListPage<StoredRow>([.. page.Rows.Select(r => new StoredRow(r.AsWritten, r.Read))], page.Total, page.Filtered,
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
            : new FoundObject(Seen(answer.Machine, request), Tag(answer.Revision), uuid) { Revision = answer.Revision };
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

    /// <inheritdoc/>
    public Document? Told(Document document, ObjectRequest request)
        => request.Principal.Kind == PrincipalKind.Unknown ? MachineRules.Told((Machine)document) : null;

    /// <summary>A machine as it is shown to a requester: people are told why it is doubted.</summary>
    private static Machine Seen(Machine machine, ObjectRequest request)
        => request.Principal.Kind == PrincipalKind.User ? machine : machine with { Boot = MachineRules.Undoubted(machine.Boot) };

    /// <inheritdoc/>
    public async Task<ChangedObject> CreateAsync(Document document, ObjectRequest request, CancellationToken cancellation)
    {
        using var step = AnvilDiagnostics.Step();
        var wanted = (Machine)document;
        var discovered = request.Principal.Kind == PrincipalKind.Unknown;
        string uuid;
        var (policy, isOnLink, doubt) = (RegistrationPolicy.Open, false, "");
        if (discovered)
        {
            var isUnleased = IsUnleased(request.Principal);
            policy = await gate.EnterAsync(request.Principal, Json.Write(wanted).Length, isUnleased, cancellation);
            var registration = MachineRules.Registration(wanted);
            // Where an address is leased to nobody, so are cards: what it says of them is among its facts, and makes it nobody.
            (wanted, isOnLink) = isUnleased ? (registration with { HardwareAddrs = [], Address = request.Principal.Address }, false)
                : await OwnCardsAsync(registration, request.Principal, cancellation);
            uuid = MachineRules.RegistrationUuid(request.Principal.TokenId);
            (var joined, doubt) = await JoinKnownAsync(registration, wanted, request, cancellation);
            if (joined is not null) return Changed(joined, request);
            // The cards of others stay theirs.
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
        }
        else if (wanted.Uuid.Length == 0)
        {
            uuid = Guid.NewGuid().ToString();
        }
        else if (!UuidRules.TryRead(wanted.Uuid, out uuid))
        {
            return Refused(ApiError.Invalid(Prefix, wanted.Uuid, $"Invalid Uuid `{wanted.Uuid}`"));
        }

        var terms = request.Terms(machine: uuid) with { Force = !discovered && request.Flag("force") };
        var answer = await GrainCalls.ActAsync(() => Grain(uuid).Make(new MachineWrite(wanted, terms)
        {
            Discovered = discovered,
            Admission = policy,
            OnLink = isOnLink,
            Doubt = doubt,
        }));
        var outcome = answer.Error is null ? "created" : string.Join("; ", answer.Error.Messages);
        timeline.Note(answer.Error is null ? uuid : "", wanted.HardwareAddrs.FirstOrDefault() ?? "", "api",
            discovered ? "registers itself" : $"created by {request.Principal.Name}", outcome, wanted.Name);
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
        => Changed(await GrainCalls.ActAsync(() => Grain(found.Document.Key).Remove(Terms(found, request))), request);

    /// <summary>The uuid that a text has in it; null for an index that has to be looked up, and for what is neither.</summary>
    private static string? KeyOf(string text)
    {
        var key = text.StartsWith("Uuid:", StringComparison.Ordinal) || text.StartsWith("Key:", StringComparison.Ordinal)
            ? text[(text.IndexOf(':', StringComparison.Ordinal) + 1)..] : text;
        return UuidRules.TryRead(key, out var uuid) ? uuid : null;
    }

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

    private static bool Leases(Subnet subnet) => subnet is { Enabled: true, Proxy: false };

    /// <summary>
    /// Those of a registration's cards that no subnet of Anvil's leases knows: who asks for nothing there names its cards itself, but none
    /// that is bound by another subnet's policy.
    /// </summary>
    private async Task<Machine> WithoutLeasedAsync(Machine wanted, CancellationToken cancellation)
    {
        if (!catalog.Current.Subnets.Values.Any(Leases)) return wanted;
        var free = new List<string>();
        foreach (var card in wanted.HardwareAddrs.Take(MachineRules.MostOwnCards + 1))
        {
            var query = ListQuery.Where(CatalogFields.Leases, nameof(Lease.Token), card) with { Limit = MostNamed };
            var known = (await leases.PageAsync(query, cancellation)).Rows;
            if (!known.Any(l => l.State == Lease.Ack && l.IsLive(time.GetUtcNow()) && IPv4.TryParse(l.Addr, out var at)
                && catalog.Current.SubnetOf(at) is { } subnet && Leases(subnet))) free.Add(card);
        }

        return wanted with { HardwareAddrs = free };
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
    /// <param name="request">On whose behalf.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The machine's grain's answer, or null; and why it is none of those that are known, "" where nobody
    /// asks.</returns>
    private async Task<(MachineAnswer? Joined, string Doubt)> JoinKnownAsync(Machine registration, Machine own,
        ObjectRequest request, CancellationToken cancellation)
    {
        var card = request.Principal.Mac;
        if (card.Length == 0) return (null, "");
        var claims = registration.HardwareAddrs.Select(m => MacAddress.TryNormalize(m, out var mac) ? mac : "").Prepend(card)
            .Where(m => m.Length > 0).Distinct(StringComparer.Ordinal).Take(MachineRules.MostOwnCards).ToList();
        foreach (var mark in HardwareMarks.Order(catalog.Current.Prefs[HardwareMarks.Pref]))
        {
            var text = mark == HardwareMarks.Cards ? string.Join(", ", claims) : HardwareIdentity.Of(mark, registration);
            if (text.Length == 0) continue;
            var marked = await MarkedAsync(mark, text, claims, cancellation);
            if (marked.Count == 0) continue;
            var known = new List<Machine>();
            foreach (var uuid in marked.Take(MostNamed))
            {
                await request.HoldAsync(uuid, queries, cancellation);
                // Another serial number says that a tag is a whole chassis', or a whole make's.
                if (await queries.FindAsync(uuid, cancellation) is { } found
                    && (mark != HardwareMarks.Asset || !HardwareIdentity.AreTwo(found, registration))) known.Add(found);
            }

            if (known.Count == 0) continue;
            if (known.Any(m => m.HardwareAddrs.Contains(card))) return (null, "");
            if (known.Count > 1)
            {
                var names = string.Join(", ", known.Select(m => m.Name).Order(StringComparer.Ordinal));
                foreach (var one in known) NoteClaim(one, card, $"{names} have the same {mark}: neither is touched");
                return (null, $"it may be one of {names}, which have the same {mark}; give its card to one of them, and delete this one, "
                    + "or approve of it as a machine of its own");
            }

            var machine = known[0];
            var seen = await SeenOnLinkAsync(request.Principal, [.. machine.HardwareAddrs.Take(MachineRules.MostOwnCards)]);
            var answer = await GrainCalls.ActAsync(() => Grain(machine.Uuid).Join(
                new MachineWrite(own with { Uuid = machine.Uuid, HardwareAddrs = [card] }, request.Terms(machine: machine.Uuid))
                {
                    Discovered = true,
                    OnLink = seen.Count > 0,
                    Claims = claims,
                }));
            if (answer.Error is null)
                timeline.Note(machine.Uuid, "", "api", $"{card} registers itself as this machine", "joined", $"the same {mark}: {text}");
            if (answer.Error is null or { Code: >= 500 or 422 }) return (answer, "");
            NoteClaim(machine, card, string.Join("; ", answer.Error.Messages));
            return (null, string.Join("; ", answer.Error.Messages)
                + "; give its card to that one and delete this one, or approve of it as a machine of its own");
        }

        return (null, "");
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

    private void NoteClaim(Machine machine, string card, string why)
        => timeline.Note(machine.Uuid, "", "api", $"{card} registers itself as this machine", "refused", why);

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

    /// <summary>A condition that was checked upon a read holds upon the write as well: the same revision is asked for.</summary>
    private static ChangeTerms Terms(FoundObject found, ObjectRequest request)
        => request.Terms(request.IfMatch.IsGiven ? found.Revision : null, found.Document.Key);

    private static string Tag(long revision) => revision.ToString(CultureInfo.InvariantCulture);

    private static long? Known(EntityTags tags)
        => tags.Single is { } tag && long.TryParse(tag, NumberStyles.None, CultureInfo.InvariantCulture, out var revision)
            ? revision : null;

    private static ChangedObject Changed(MachineAnswer answer, ObjectRequest request)
        => new(answer.Status, answer.Machine is { } machine ? Seen(machine, request) : null, answer.Error,
            answer.Revision > 0 ? Tag(answer.Revision) : "");

    private static ChangedObject Refused(ApiError error) => new(error.Code, null, error, "");
}
