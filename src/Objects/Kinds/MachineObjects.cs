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
    ICatalog catalog,
    IHostApplicationLifetime lifetime) : IObjectKind
{
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
    public async Task<FoundObject?> FindAsync(string text, ObjectRequest request, CancellationToken cancellation)
    {
        if (await UuidAsync(text, cancellation) is not { } uuid) return null;
        var known = request.Wait is null ? null : Known(request.IfNoneMatch);
        var answer = known is { } revision ? await AwaitAsync(uuid, revision, request.Wait!.Value)
            : await GrainCalls.AskAsync(() => Grain(uuid).Read());
        if (answer.Status == 304) answer = await GrainCalls.AskAsync(() => Grain(uuid).Read());
        return answer.Machine is null ? answer.Error is null or { Code: 404 } ? null : throw new ApiException(answer.Error)
            : new FoundObject(answer.Machine, Tag(answer.Revision), uuid) { Revision = answer.Revision };
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

    /// <inheritdoc/>
    public async Task<ChangedObject> CreateAsync(Document document, ObjectRequest request, CancellationToken cancellation)
    {
        using var step = AnvilDiagnostics.Step();
        var wanted = (Machine)document;
        var discovered = request.Principal.Kind == PrincipalKind.Unknown;
        string uuid;
        var (policy, isOnLink) = (RegistrationPolicy.Open, false);
        if (discovered)
        {
            policy = await gate.EnterAsync(request.Principal, Json.Write(wanted).Length, cancellation);
            (wanted, isOnLink) = await OwnCardsAsync(MachineRules.Registration(wanted), request.Principal);
            uuid = MachineRules.RegistrationUuid(request.Principal.TokenId);
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
        }));
        var outcome = answer.Error is null ? "created" : string.Join("; ", answer.Error.Messages);
        timeline.Note(answer.Error is null ? uuid : "", wanted.HardwareAddrs.FirstOrDefault() ?? "", "api",
            discovered ? "registers itself" : $"created by {request.Principal.Name}", outcome, wanted.Name);
        return Changed(answer);
    }

    /// <inheritdoc/>
    public async Task<ChangedObject> ReplaceAsync(FoundObject found, Document document, ObjectRequest request,
        CancellationToken cancellation)
        => Changed(await GrainCalls.ActAsync(
            () => Grain(found.Document.Key).Replace(new MachineWrite((Machine)document, Terms(found, request)))));

    /// <inheritdoc/>
    public async Task<ChangedObject> PatchAsync(FoundObject found, JsonElement patch, ObjectRequest request,
        CancellationToken cancellation)
        => Changed(await GrainCalls.ActAsync(
            () => Grain(found.Document.Key).Amend(new DocumentPatch(patch.GetRawText(), Terms(found, request)))));

    /// <summary>Approves of a machine that registered itself.</summary>
    public async Task<ChangedObject> ApproveAsync(FoundObject found, ObjectRequest request)
        => Changed(await GrainCalls.ActAsync(() => Grain(found.Document.Key).Approve(Terms(found, request))));

    /// <inheritdoc/>
    public async Task<ChangedObject> DeleteAsync(FoundObject found, ObjectRequest request, CancellationToken cancellation)
        => Changed(await GrainCalls.ActAsync(() => Grain(found.Document.Key).Remove(Terms(found, request))));

    /// <summary>The uuid that a text has in it; null for an index that has to be looked up, and for what is neither.</summary>
    private static string? KeyOf(string text)
    {
        var key = text.StartsWith("Uuid:", StringComparison.Ordinal) || text.StartsWith("Key:", StringComparison.Ordinal)
            ? text[(text.IndexOf(':', StringComparison.Ordinal) + 1)..] : text;
        return UuidRules.TryRead(key, out var uuid) ? uuid : null;
    }

    /// <summary>
    /// A registration with the cards that are its own: the one that its token was given to, and others that DHCP has given addresses on
    /// the same link. One that asks DHCP for nothing names its cards itself; that they were seen is not known then.
    /// </summary>
    /// <returns>The registration, and whether all cards that it names were seen on its link.</returns>
    private async Task<(Machine Registration, bool IsOnLink)> OwnCardsAsync(Machine wanted, Principal stranger)
    {
        if (stranger.Mac.Length == 0) return (wanted, false);
        var own = stranger.Mac;
        var others = wanted.HardwareAddrs.Select(m => MacAddress.TryNormalize(m, out var mac) ? mac : m)
            .Where(m => m != own).Distinct(StringComparer.Ordinal).Take(MachineRules.MostOwnCards).ToList();
        IReadOnlyList<string> seen = [];
        if (others.Count > 0 && IPv4.TryParse(stranger.Address, out var address) && catalog.Current.SubnetOf(address) is { } subnet)
            seen = await GrainCalls.AskAsync(
                () => grains.Subnet(subnet.Name).OnLinkOf(own, others));
        return (wanted with { HardwareAddrs = [own, .. seen], Address = stranger.Address }, seen.Count == others.Count);
    }

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

    private static ChangedObject Changed(MachineAnswer answer)
        => new(answer.Status, answer.Machine, answer.Error, answer.Revision > 0 ? Tag(answer.Revision) : "");

    private static ChangedObject Refused(ApiError error) => new(error.Code, null, error, "");
}
