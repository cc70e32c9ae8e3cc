using System.Globalization;
using Anvil.Contracts.Catalog;
using Anvil.Contracts.Placement;
using Anvil.Contracts.Retention;
using Anvil.Contracts.Timeline;
using Anvil.Objects.Access;
using Anvil.Objects.Kinds;
using Anvil.Objects.Trials;
using Anvil.Provisioning.Boot;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Machines;
using Anvil.Provisioning.Network;

namespace Anvil.Objects.Verbs;

/// <summary>What machines have beside the verbs of every kind: the preview of their next boot, and the timeline.</summary>
public sealed class MachineVerbs(ObjectFloor floor, MachineObjects machines, ICatalog catalog, ITimeline timeline,
    ITimelineStore timelines, IRetentionStore retention, IEdgeDirectory edges, IBootFileDirectory files,
    ChangeAllowance allowance)
{
    /// <summary>Words of the preview: as what the machine asks.</summary>
    public static VerbWords BootWords { get; } = new("arch", "client");

    /// <summary>Most lines of a timeline.</summary>
    public const int MostLines = 2000;

    /// <summary>What a machine would boot now, and why: the decision that DHCP makes.</summary>
    /// <param name="text">Key or index of the machine.</param>
    /// <param name="host">The server as the requester knows it, where no edge tells of itself.</param>
    /// <param name="filePort">Port of boot HTTP.</param>
    /// <param name="apiPort">Port of the API.</param>
    /// <param name="request">Who asks; its words `arch` and `client` say as what the machine asks.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task<ObjectAnswer> BootAsync(string text, string host, int filePort, int apiPort, ObjectRequest request,
        CancellationToken cancellation)
    {
        var machine = await MachineAsync(text, request, cancellation);
        var client = ClientOf(request.Word("arch"), request.Word("client"), machine);
        var mac = machine.HardwareAddrs.Count > 0 ? machine.HardwareAddrs[0] : "";
        var server = new BootServer(edges.For(machine.Address) ?? host, filePort, apiPort);
        var snapshot = catalog.Current;
        var asked = new AskedFiles();
        BootDecision.Decide(machine, mac, client, snapshot, server, asked);
        return ObjectAnswer.Of(
            BootDecision.Decide(machine, mac, client, snapshot, server, await files.MissingAsync(asked.Paths, cancellation)));
    }

    /// <summary>
    /// Approves of a machine that registered itself: it is given what machines that are defined in advance are given, and one that waited
    /// goes on.
    /// </summary>
    public async Task<ObjectAnswer> ApproveAsync(string text, ObjectRequest request, CancellationToken cancellation)
    {
        var found = await ObjectFloor.HeldAsync(
            () => floor.RequireAsync("machines", text, "approve", "POST", request, cancellation), request, cancellation);
        ObjectFloor.CheckConditions(found, "machines", "POST", request);
        allowance.Take(request.Principal, "machines", found.Specific);
        if (request.IsDryRun) ChangeTrials.RequirePerson("machines", found.Document.Key, "POST", request);
        return await floor.AnswerAsync(
            await (request.IsDryRun ? machines.Tried.ApproveAsync(found, request) : machines.ApproveAsync(found, request)), request,
            cancellation);
    }

    /// <summary>What happened to a machine, oldest first.</summary>
    public async Task<ObjectAnswer> TimelineAsync(string text, ObjectRequest request, CancellationToken cancellation)
    {
        var machine = await MachineAsync(text, request, cancellation);
        await timeline.FlushAsync(cancellation);
        var lines = await timelines.ReadAsync(machine.Uuid, [.. machine.HardwareAddrs], MostLines, cancellation);
        if (await retention.OfMachineAsync(machine.Uuid, cancellation) is not { } trimmed) return ObjectAnswer.Of(lines);
        return ObjectAnswer.Of<IReadOnlyList<TimelineEntry>>([Trimmed(machine.Uuid, "", trimmed.UpTo,
            $"{trimmed.Rows} older lines were trimmed, up to {trimmed.UpTo:u}"), .. lines]);
    }

    /// <summary>What happened to a MAC address, whether it is a machine or not.</summary>
    public async Task<ObjectAnswer> TimelineOfMacAsync(string text, ObjectRequest request, CancellationToken cancellation)
    {
        request.Require("machines", "list", "*");
        if (!MacAddress.TryNormalize(text, out var mac))
            throw new ApiException(ApiError.BadRequest("timeline", text, "GET", "a MAC address is needed"));
        await timeline.FlushAsync(cancellation);
        var lines = await timelines.ReadAsync("", [mac], MostLines, cancellation);
        var trimmed = (await retention.TotalsAsync(cancellation))
            .Where(t => t.What is RetentionRules.Timeline or RetentionRules.Strangers).MaxBy(t => t.UpTo);
        if (trimmed is null) return ObjectAnswer.Of(lines);
        return ObjectAnswer.Of<IReadOnlyList<TimelineEntry>>([Trimmed("", mac, trimmed.UpTo,
            $"older lines are kept no longer: {trimmed.Rows} of all MAC addresses were trimmed, up to {trimmed.UpTo:u}"), .. lines]);
    }

    private static TimelineEntry Trimmed(string machine, string mac, DateTimeOffset upTo, string outcome)
        => new(upTo, machine, mac, "retention", "trimmed", outcome, "preferences keepTimelineDays, keepTimelineLines, keepStrangersDays");

    private async Task<Machine> MachineAsync(string text, ObjectRequest request, CancellationToken cancellation)
        => (Machine)(await floor.RequireAsync("machines", text, "get", "GET", request, cancellation)).Document;

    private static BootClient ClientOf(string arch, string client, Machine machine)
    {
        int number = arch switch
        {
            "" => machine.Boot.Firmware == "uefi" ? (machine.Arch == "arm64" ? 11 : 7) : machine.Arch == "arm64" ? 11 : 0,
            "pcbios" or "bios" or "x86" => 0,
            "uefi" or "amd64" or "x86_64" => 7,
            "http" => 16,
            "arm64" or "aarch64" => 11,
            _ => ushort.TryParse(arch, NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n
                : throw new ApiException(
                    ApiError.BadRequest("machines", machine.Uuid, "GET",
                        $"arch is pcbios, uefi, http, arm64 or a number of option 93, not {arch}")),
        };
        var kind = client switch
        {
            "" or "pxe" => ClientArchitectures.IsHttp(number) ? ClientKind.Http : ClientKind.Pxe,
            "ipxe" => ClientKind.Ipxe,
            "http" => ClientKind.Http,
            "none" => ClientKind.None,
            _ => throw new ApiException(
                ApiError.BadRequest("machines", machine.Uuid, "GET", $"client is pxe, ipxe, http or none, not {client}")),
        };
        return new BootClient(kind, number);
    }
}
