using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Anvil.Contracts;
using Anvil.Contracts.Access;
using Anvil.Contracts.Catalog;
using Anvil.Contracts.Diagnostics;
using Anvil.Contracts.Machines;
using Anvil.Contracts.Memory;
using Anvil.Contracts.Subnets;
using Anvil.Contracts.Timeline;
using Anvil.Edge.Dhcp;
using Anvil.Edge.Machines;
using Anvil.Edge.Sightings;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Boot;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Machines;
using Anvil.Provisioning.Network;
using Anvil.Templates;
using Microsoft.Extensions.Logging;

namespace Anvil.Edge.BootHttp;

/// <summary>A boot file: rendered text, or a file on disk, open.</summary>
public sealed record ResolvedFile(byte[]? Rendered, FileStream? OnDisk, string Machine, string Mac) : IAsyncDisposable
{
    /// <summary>
    /// To be done once the requester has shown that it receives at its address: by TCP at once, by UDP with its first acknowledgement.
    /// A request alone can be anybody's.
    /// </summary>
    public Func<Task> Proven { get; init; } = () => Task.CompletedTask;

    /// <summary>Length in octets, while it is open.</summary>
    public long Length { get; } = Rendered?.LongLength ?? OnDisk?.Length ?? 0;

    /// <summary>The content, from its beginning.</summary>
    public Stream Content() => OnDisk is null ? new MemoryStream(Rendered ?? [], writable: false) : OnDisk;

    /// <summary>The memory that it holds, where it is large.</summary>
    public IDisposable? Share { get; init; }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        Share?.Dispose();
        return OnDisk?.DisposeAsync() ?? ValueTask.CompletedTask;
    }
}

/// <summary>A rendered file whose template failed.</summary>
public sealed class RenderFailedException(string path, TemplateException inner) : Exception($"{path}: {inner.Message}", inner);

/// <summary>
/// Finds the file that a requester may have at a path. Rendered files are looked up among the files of the requester's own
/// machine only, known by the lease of its address; so no path leads to another machine's files.
/// </summary>
public sealed partial class BootFileResolver(
    GrainFinder grains, ICatalog catalog, KnownMachines machines, SightingWriter sightings, ITokens tokens, FileRoot root,
    UploadedFiles uploads,
    ParamKeys keys, ITimeline timeline, RenderQueue renders, RenderedMemory memory, HeardClients heard,
    BootServers servers, ISecretAudit audit, TimeProvider time, ILogger<BootFileResolver> logger)
{
    /// <summary>The log says of each path once in so much time that it cannot be rendered: anybody can ask for it without end.</summary>
    private static readonly TimeSpan ToldEach = TimeSpan.FromMinutes(1);
    private const int MostTold = 256;
    private readonly Seldom _told = new(ToldEach, MostTold, time);

    private static readonly string[] Scripts = ["ipxe", "ipxe-mac", "pxelinux", "pxelinux-mac", "grub", "grub-mac"];

    /// <summary>The file, or null when the requester has none there.</summary>
    /// <param name="path">Path as asked for.</param>
    /// <param name="requester">Requester's address.</param>
    /// <param name="local">Our address that it asked.</param>
    /// <param name="protocol">http or tftp, for the timeline.</param>
    /// <param name="isRead">False for a question about the file (HEAD) that shall not count as a boot.</param>
    /// <param name="cancellation">The requester has gone.</param>
    /// <exception cref="RenderFailedException">The template failed.</exception>
    /// <exception cref="RenderBusyException">Too many renders wait.</exception>
    /// <exception cref="FileElsewhereException">It was uploaded, and is not here now.</exception>
    public async Task<ResolvedFile?> ResolveAsync(
        string path, IPAddress requester, IPAddress local, string protocol, bool isRead, CancellationToken cancellation = default)
    {
        using var activity = AnvilDiagnostics.Source.StartActivity($"{protocol} {(isRead ? "GET" : "HEAD")}", ActivityKind.Server);
        activity?.SetTag("anvil.path", path);
        activity?.SetTag("anvil.requester", requester.ToString());
        var file = await FindAsync(path, requester, local, protocol, isRead, cancellation);
        activity?.SetTag("anvil.machine", file?.Machine);
        activity?.SetTag("anvil.mac", file?.Mac);
        if (!isRead) return file;
        AnvilDiagnostics.Files.Add(1, new("protocol", protocol),
            new("outcome", file is null ? "missing" : file.Rendered is null ? "static" : "rendered"));
        AnvilDiagnostics.FileBytes.Add(file?.Length ?? 0, new KeyValuePair<string, object?>("protocol", protocol));
        return file;
    }

    /// <summary>The file on disk, which is the same for all; null when there is none. It counts as nobody's boot.</summary>
    /// <exception cref="FileElsewhereException">It was uploaded, and is not here now.</exception>
    public async Task<ResolvedFile?> StaticAsync(string path, IPAddress requester, CancellationToken cancellation)
    {
        if (BootFilePath.Normalize(path) is not { } clean) return null;
        await ReadyAsync(clean, requester, isUdp: false, cancellation);
        return root.Open(clean) is { } onDisk ? new ResolvedFile(null, onDisk, "", "") : null;
    }

    /// <summary>Notes that a request was refused before anything was looked for.</summary>
    public async Task RefusedAsync(string path, IPAddress requester, string reason)
    {
        if (BootFilePath.Normalize(path) is not { } clean) return;
        var known = await RequesterAsync(requester);
        known = known.InOrder.First();
        timeline.Miss(known.Machine?.Uuid ?? "", known.Mac, "http", $"GET {clean}", reason, requester.ToString());
    }

    /// <summary>Notes the end of a transfer of a file on disk.</summary>
    public void NoteTransfer(ResolvedFile file, IPAddress requester, string protocol, string path, string outcome)
        => timeline.Note(file.Machine, file.Mac, protocol, $"GET {path}", outcome, requester.ToString());

    /// <summary>Waits until an uploaded file is here; there is nothing to wait for with others.</summary>
    /// <param name="path">A normalized path.</param>
    /// <param name="requester">Who waits.</param>
    /// <param name="isUdp">It asks by UDP.</param>
    /// <param name="cancellation">It has gone.</param>
    /// <exception cref="FileElsewhereException">It is not here yet.</exception>
    public Task ReadyAsync(string path, IPAddress requester, bool isUdp, CancellationToken cancellation)
        => uploads.ReadyAsync(path, requester, isUdp, UploadedFiles.Patience, cancellation);

    /// <summary>Who asks by TFTP waits elsewhere, where no other one's file waits behind it.</summary>
    private Task ReadyAsync(string path, IPAddress requester, string protocol, CancellationToken cancellation)
        => uploads.ReadyAsync(path, requester, isUdp: protocol == "tftp", protocol == "tftp" ? TimeSpan.Zero : UploadedFiles.Patience,
            cancellation);

    private async Task<ResolvedFile?> FindAsync(
        string path, IPAddress requester, IPAddress local, string protocol, bool isRead, CancellationToken cancellation)
    {
        if (BootFilePath.Normalize(path) is not { } clean) return null;
        await ReadyAsync(clean, requester, protocol, cancellation);
        var known = await RequesterAsync(requester);
        var shared = protocol == "tftp" ? RaspberryPath.Of(clean) : null;
        foreach (var one in known.InOrder)
        {
            if (await FindAsync(clean, shared, one, requester, local, protocol, isRead, cancellation) is { } its) return its;
        }

        if (isRead) await MissAsync(shared ?? clean, known, requester, protocol);
        return null;
    }

    private async Task<ResolvedFile?> FindAsync(string clean, string? shared, Requester known, IPAddress requester, IPAddress local,
        string protocol, bool isRead, CancellationToken cancellation)
    {
        var (machine, mac) = (known.Machine, known.Mac);
        var snapshot = catalog.Current;
        var (envName, env) = EnvOf(machine, snapshot);
        var server = servers.At(local);
        var given = await tokens.ForBootAsync(machine, StrangerAt(requester, mac));
        var context = new RenderContext(snapshot, server, machine, env, given.Now)
        {
            Keys = keys,
            Stage = machine is not null && snapshot.Stages.GetValueOrDefault(machine.Stage) is { } stage && ContentBounds.IsWithin(stage)
                ? stage : null,
            Mac = mac,
        };
        var (source, address) = (machine?.Uuid ?? requester.ToString(), StrangerAt(requester, mac).Address);
        // A boot begins with its script: what the script holds is of that boot already.
        var boot = isRead && machine is not null && MayBegin(requester, mac, protocol)
            ? RandomNumberGenerator.GetHexString(16, lowercase: true) : "";
        var begins = boot.Length > 0 ? given.OfBoot(boot) : given.Now;
        // A board's own files go before those that boards share, whether they are rendered or lie there.
        foreach (var at in shared is null ? [clean] : new[] { clean, shared })
        {
            // Of a machine whose stored object is damaged nothing is rendered: what is missing may be what matters.
            if (env is { Available: true } && machine is not { Validated: false } && BootFiles.MayBeRendered(at, context)
                && await RenderOrFailAsync(at, context, begins, source, protocol, isRead, requester, cancellation)
                    is (var file, var octets, var share))
            {
                if (file.IsLink)
                {
                    share.Dispose();
                    return await LinkedAsync(file, Encoding.UTF8.GetString(octets), machine?.Uuid ?? "", mac, protocol, requester, isRead,
                        cancellation);
                }

                if (isRead) timeline.Note(machine?.Uuid ?? "", mac, protocol, $"GET {at}", $"rendered, {octets.Length} octets",
                    $"template {file.Template.Name} of {envName}");
                if (isRead) Opened(machine, $"template {file.Template.Name} of {envName}, for {requester}", file.Context.Budget);
                return new ResolvedFile(octets, null, machine?.Uuid ?? "", mac)
                {
                    Share = share,
                    Proven = () => boot.Length > 0 && IsScript(file) ? BeginsAsync(machine!.Uuid, address, file.Template.Name, boot)
                        : Task.CompletedTask,
                };
            }

            if ((protocol == "tftp" ? root.OpenFolded(at) : root.Open(at)) is { } onDisk)
                return new ResolvedFile(null, onDisk, machine?.Uuid ?? "", mac);
        }

        return null;
    }

    /// <summary>Nobody who has the address has the file: it is missing to who asked for the address last.</summary>
    private async Task MissAsync(string path, Requester known, IPAddress requester, string protocol)
    {
        var (envName, env) = EnvOf(known.Machine, catalog.Current);
        if (known.Machine is { } machine && env is not null && IsOfEnvironment(env, machine.Arch, path, protocol))
            await FailAsync(machine, $"{envName} {BootFilePath.Needed(path)}");
        timeline.Miss(known.Machine?.Uuid ?? "", known.Mac, protocol, $"GET {path}", protocol == "http" ? "404" : "not found",
            requester.ToString());
    }

    private static (string Name, BootEnv? Env) EnvOf(Machine? machine, CatalogSnapshot snapshot)
    {
        var name = machine is null ? snapshot.Prefs["unknownBootEnv"] : WhileItWaits.BootEnvOf(machine, snapshot);
        return (name, snapshot.BootEnvs.GetValueOrDefault(name));
    }

    /// <summary>
    /// Whether a script begins a boot, which voids the tokens of the one before. By TCP its requester is there. By UDP an acknowledgement
    /// alone says so, and the port that it goes to can be guessed by who never sees a packet: DHCP has to have heard the card as well.
    /// </summary>
    private bool MayBegin(IPAddress requester, string mac, string protocol)
        => protocol != "tftp"
            || (catalog.Current.SubnetOf(IPv4.FromIPAddress(requester)) is { } subnet && heard.Knows(subnet.Name, mac));

    /// <summary>The static file that a boot environment has put at a path of its own.</summary>
    private async Task<ResolvedFile?> LinkedAsync(BootFile file, string target, string machine, string mac, string protocol,
        IPAddress requester, bool isRead, CancellationToken cancellation)
    {
        if (BootFilePath.Normalize(target.Trim()) is { } clean) await ReadyAsync(clean, requester, protocol, cancellation);
        if (root.Open(target.Trim()) is { } onDisk) return new ResolvedFile(null, onDisk, machine, mac);
        if (isRead)
            timeline.Miss(machine, mac, protocol, $"GET {file.Path}", $"{target.Trim()}, which it links to, is not there",
                requester.ToString());
        return null;
    }

    /// <summary>Renders; where that fails since the environment lacks what it needs, the machine fails with the reason.</summary>
    private async Task<Tuple<BootFile, byte[], MemoryShare>?> RenderOrFailAsync(string path, RenderContext context, TokenSource begins,
        string source, string protocol, bool isRead, IPAddress requester, CancellationToken cancellation)
    {
        try
        {
            var (found, share) = await memory.HoldAsync(requester.ToString(),
                hasRoom => RenderAsync(path, context, begins, source, protocol, isRead ? requester : null, hasRoom, cancellation),
                waits: protocol == "http", cancellation);
            if (found is var (file, octets)) return Tuple.Create(file, octets, share);
            share.Dispose();
            return null;
        }
        catch (RenderFailedException) when (isRead && context is { Machine: not null, Env: not null })
        {
            if (MachineParams.Missing(context.Env.RequiredParams, context.Machine, context.Catalog).ToList() is { Count: > 0 } missing)
                await FailAsync(context.Machine, $"{context.Env.Name} needs the param {string.Join(", ", missing)}, which is not set");
            throw;
        }
    }

    /// <summary>
    /// The machine asked for what it cannot have. It need not have been itself (by TFTP an address may be made up), but it would: what is
    /// missing does not depend on who asks, and a machine that boots nothing now stays as it is.
    /// </summary>
    private async Task FailAsync(Machine machine, string reason)
    {
        if (machine.Boot.Phase is Phase.Discovered or Phase.Installed or Phase.Failed) return;
        await GrainCalls.AskAsync(() => grains.Machine(machine.Uuid)
            .Sighted(new Sighting(SightingKind.Discover, "", "", "") { Failure = reason }));
    }

    private static bool IsOfEnvironment(BootEnv env, string arch, string path, string protocol)
        => env.Files(arch).Contains(path, protocol == "tftp" ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal);

    private Task BeginsAsync(string machine, string at, string via, string boot)
        => GrainCalls.AskAsync(() => grains.Machine(machine)
            .Sighted(new Sighting(SightingKind.Script, at, "", via) { BootId = boot }));

    private static bool IsScript(BootFile file) => Scripts.Contains(file.Template.Name, StringComparer.Ordinal);

    private static Stranger StrangerAt(IPAddress requester, string mac)
        => new((requester.IsIPv4MappedToIPv6 ? requester.MapToIPv4() : requester).ToString(), mac);

    /// <summary>The file of a machine at a path, rendered; null when it has none there.</summary>
    /// <param name="path">The path.</param>
    /// <param name="context">What its templates see.</param>
    /// <param name="begins">Makes the tokens of a boot that begins with the file.</param>
    /// <param name="source">Whose share of the renders it takes.</param>
    /// <param name="protocol">For the timeline.</param>
    /// <param name="reader">Who is given it, or told why not; null where that is nobody.</param>
    /// <param name="hasRoom">Whether the memory for so many octets is there; where it is not, none are returned.</param>
    /// <param name="cancellation">The client is gone.</param>
    private async Task<Tuple<BootFile, byte[]>?> RenderAsync(string path, RenderContext context, TokenSource begins, string source,
        string protocol, IPAddress? reader, Func<long, bool> hasRoom, CancellationToken cancellation)
    {
        RenderBudget? taken = null;
        try
        {
            // To find it, the paths of the machine's files are rendered; so that is done there as well, by the same budget.
            return await renders.RunAsync(
                source,
                budget =>
                {
                    taken = budget;
                    var found = BootFiles.Find(path, context with { Budget = budget });
                    // A file that lies there under just this name comes before one whose name is another but for its case.
                    if (found is not null && found.Path != path && root.Has(path)) return null;
                    if (found is not null && IsScript(found))
                        found = found with { Context = found.Context with { Token = begins } };
                    if (found is null) return null;
                    var text = found.Render();
                    // Asked here, while no more are made than threads: what nobody has room for is not kept.
                    return Tuple.Create(found, hasRoom(Encoding.UTF8.GetByteCount(text)) ? Encoding.UTF8.GetBytes(text) : []);
                },
                cancellation);
        }
        catch (TemplateException e)
        {
            // A cause quotes what a function was given: secure params are the requester's, not theirs who read timelines and logs.
            var told = taken is { IsConfidential: true }
                ? $"{e.Place}: the cause is told to the machine alone, as the file has values of secure params" : e.Message;
            if (_told.Tells(path)) LogRenderFailed(path, told);
            timeline.Note(context.Machine?.Uuid ?? "", context.Mac, protocol, $"GET {path}", "render failed", told);
            // The machine is told the cause, which may quote them.
            if (reader is not null) Opened(context.Machine, $"{path}, which failed, for {reader}", taken);
            throw new RenderFailedException(path, e);
        }
        catch (RenderBusyException e)
        {
            LogRenderBusy(path, e.Message);
            throw;
        }
    }

    /// <summary>Who asks, by its address.</summary>
    /// <param name="Machine">Its machine; null for none.</param>
    /// <param name="Mac">Its card; "" where nobody is known to have the address.</param>
    /// <param name="Former">
    /// Who boots there as well, and goes before: another has asked another server for the address since.
    /// </param>
    private sealed record Requester(Machine? Machine, string Mac, Requester? Former = null)
    {
        /// <summary>The former one goes behind: this one was heard to boot there just now, and the former was not.</summary>
        public bool GoesFirst { get; init; }

        /// <summary>Whose files are looked for, one after another.</summary>
        public IEnumerable<Requester> InOrder => Former is null ? [this] : GoesFirst ? [this, Former] : [Former, this];
    }

    private async Task<Requester> RequesterAsync(IPAddress requester)
    {
        var address = IPv4.FromIPAddress(requester);
        if (address == 0 || catalog.Current.SubnetOf(address) is not { } subnet) return new Requester(null, "");
        var leases = grains.Subnet(subnet.Name);
        if (await GrainCalls.AskAsync(() => leases.WhoHas(address)) is not { } holder) return new Requester(null, "");
        var held = await HolderAsync(holder);
        if (holder.Former.Length == 0 || await StillAtAsync(holder.Former, address) is not { } former) return held;
        // Who was heard to boot just now is itself, where the other one was not; but anybody is heard in any card's name, and who installs
        // for half an hour was not lately. What it alone has stays its own.
        return held with
        {
            Former = new Requester(former, holder.Former),
            GoesFirst = held.Machine is not null && heard.Knows(subnet.Name, holder.Token) && !heard.Knows(subnet.Name, holder.Former),
        };
    }

    private async Task<Requester> HolderAsync(AddressHolder holder)
    {
        if (await machines.FindAsync(holder.Token, CancellationToken.None) is not { } known)
            return new Requester(null, holder.Lapsed ? "" : holder.Token);
        // A DISCOVER that the machine's grain is still to be told of would void the tokens that are about to be rendered.
        await sightings.SettledAsync(known.Uuid);
        var machine = await machines.ReadAsync(known.Uuid);
        if (!holder.Lapsed) return new Requester(machine, holder.Token);
        return machine is not null && (holder.Released ? BootFiles.OutliveTheRelease(machine) : BootFiles.OutliveTheLease(machine))
            ? new Requester(machine, holder.Token) : new Requester(null, "");
    }

    /// <summary>
    /// The machine that had an address which another client asks another server for: while it is in the middle of a boot whose script it
    /// fetched there, its files are there. Nobody can prove that the address is another's now, or that it asks for another one itself.
    /// </summary>
    private async Task<Machine?> StillAtAsync(string mac, uint address)
    {
        if (await machines.FindAsync(mac, CancellationToken.None) is not { } known) return null;
        await sightings.SettledAsync(known.Uuid);
        return await machines.ReadAsync(known.Uuid) is { Boot.Stuck: false } machine && BootFiles.OutliveTheRelease(machine)
            && (machine.Boot.At.Length > 0 ? machine.Boot.At : machine.Address) == IPv4.Format(address) ? machine : null;
    }

    /// <summary>Has written down that a render opened secure params of its machine, where it did.</summary>
    private void Opened(Machine? machine, string how, RenderBudget? budget)
    {
        if (machine is null || budget is not { IsConfidential: true }) return;
        audit.Opened(new SecretOpening($"machine {machine.Uuid}", IsMachine: true, $"machines:{machine.Uuid}", how, budget.Confided)
        {
            Machine = machine.Uuid,
            Source = machine.Uuid,
        });
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Path} is not rendered now: {Cause}")]
    private partial void LogRenderBusy(string path, string cause);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Path} could not be rendered: {Cause}")]
    private partial void LogRenderFailed(string path, string cause);
}
