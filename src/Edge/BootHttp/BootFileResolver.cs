using System.Diagnostics;
using System.Net;
using System.Text;
using Anvil.Contracts;
using Anvil.Contracts.Access;
using Anvil.Contracts.Catalog;
using Anvil.Contracts.Diagnostics;
using Anvil.Contracts.Machines;
using Anvil.Contracts.Subnets;
using Anvil.Contracts.Timeline;
using Anvil.Edge.Machines;
using Anvil.Edge.Sightings;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Boot;
using Anvil.Provisioning.Machines;
using Anvil.Provisioning.Network;
using Anvil.Templates;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Anvil.Edge.BootHttp;

/// <summary>A boot file: rendered text, or a file on disk.</summary>
public sealed record ResolvedFile(byte[]? Rendered, FileInfo? OnDisk, string Machine, string Mac)
{
    /// <summary>Length in octets.</summary>
    public long Length => Rendered?.LongLength ?? OnDisk?.Length ?? 0;

    /// <summary>Opens the content.</summary>
    public Stream Open() => Rendered is not null ? new MemoryStream(Rendered, writable: false)
        : new FileStream(OnDisk!.FullName,
            new FileStreamOptions
            {
                Access = FileAccess.Read,
                Share = FileShare.ReadWrite | FileShare.Delete,
                Options = FileOptions.Asynchronous | FileOptions.SequentialScan
            });
}

/// <summary>A rendered file whose template failed.</summary>
public sealed class RenderFailedException(string path, TemplateException inner) : Exception($"{path}: {inner.Message}", inner);

/// <summary>
/// Finds the file that a requester may have at a path. Rendered files are looked up among the files of the requester's own
/// machine only, known by the lease of its address; so no path leads to another machine's files.
/// </summary>
public sealed partial class BootFileResolver(
    IGrainFactory grains, ICatalog catalog, KnownMachines machines, SightingWriter sightings, ITokens tokens, FileRoot root,
    ParamKeys keys, ITimeline timeline, IOptions<EdgeOptions> options, ILogger<BootFileResolver> logger)
{
    private static readonly string[] Scripts = ["ipxe", "ipxe-mac", "pxelinux", "pxelinux-mac", "grub", "grub-mac"];

    /// <summary>The file, or null when the requester has none there.</summary>
    /// <param name="path">Path as asked for.</param>
    /// <param name="requester">Requester's address.</param>
    /// <param name="local">Our address that it asked.</param>
    /// <param name="protocol">http or tftp, for the timeline.</param>
    /// <param name="isRead">False for a question about the file (HEAD) that shall not count as a boot.</param>
    /// <exception cref="RenderFailedException">The template failed.</exception>
    public async Task<ResolvedFile?> ResolveAsync(string path, IPAddress requester, IPAddress local, string protocol, bool isRead)
    {
        using var activity = AnvilDiagnostics.Source.StartActivity($"{protocol} {(isRead ? "GET" : "HEAD")}", ActivityKind.Server);
        activity?.SetTag("anvil.path", path);
        activity?.SetTag("anvil.requester", requester.ToString());
        var file = await FindAsync(path, requester, local, protocol, isRead);
        activity?.SetTag("anvil.machine", file?.Machine);
        activity?.SetTag("anvil.mac", file?.Mac);
        if (!isRead) return file;
        AnvilDiagnostics.Files.Add(1, new("protocol", protocol),
            new("outcome", file is null ? "missing" : file.Rendered is null ? "static" : "rendered"));
        AnvilDiagnostics.FileBytes.Add(file?.Length ?? 0, new KeyValuePair<string, object?>("protocol", protocol));
        return file;
    }

    /// <summary>Notes the end of a transfer of a file on disk.</summary>
    public void NoteTransfer(ResolvedFile file, IPAddress requester, string protocol, string path, string outcome)
        => timeline.Note(file.Machine, file.Mac, protocol, $"GET {path}", outcome, requester.ToString());

    private async Task<ResolvedFile?> FindAsync(string path, IPAddress requester, IPAddress local, string protocol, bool isRead)
    {
        if (FileRoot.Normalize(path) is not { } clean) return null;
        var (machine, mac) = await RequesterAsync(requester);
        var snapshot = catalog.Current;
        var envName = machine?.BootEnv ?? snapshot.Prefs["unknownBootEnv"];
        snapshot.BootEnvs.TryGetValue(envName, out var env);
        var server = new BootServer(local.IsIPv4MappedToIPv6 ? local.MapToIPv4().ToString() : local.ToString(), options.Value.FilePort,
            options.Value.ApiPort)
        { ApiAddress = options.Value.ApiAddress };
        var context = new RenderContext(snapshot, server, machine, env, await tokens.ForRenderingAsync(machine))
        {
            Keys = keys,
            Stage = machine is null ? null : snapshot.Stages.GetValueOrDefault(machine.Stage),
            Mac = mac,
        };
        if (env is { Available: true } && BootFiles.Find(clean, context) is { } file)
        {
            var text = Render(file, clean, machine, mac, protocol);
            if (isRead && machine is not null && Scripts.Contains(file.Template.Name, StringComparer.Ordinal))
                await GrainCalls.AskAsync(
                    () => grains.GetGrain<IMachineGrain>(GrainKeys.Machine(machine.Uuid))
                        .Sighted(new Sighting(SightingKind.Script, "", "", file.Template.Name)));
            if (isRead) timeline.Note(machine?.Uuid ?? "", mac, protocol, $"GET {clean}", $"rendered, {text.Length} characters",
                $"template {file.Template.Name} of {envName}");
            return new ResolvedFile(Encoding.UTF8.GetBytes(text), null, machine?.Uuid ?? "", mac);
        }

        if (root.Find(clean) is { } onDisk) return new ResolvedFile(null, onDisk, machine?.Uuid ?? "", mac);
        if (isRead)
            timeline.Miss(machine?.Uuid ?? "", mac, protocol, $"GET {clean}", protocol == "http" ? "404" : "not found",
                requester.ToString());
        return null;
    }

    private string Render(BootFile file, string path, Machine? machine, string mac, string protocol)
    {
        try
        {
            return file.Render();
        }
        catch (TemplateException e)
        {
            LogRenderFailed(path, e.Message);
            timeline.Note(machine?.Uuid ?? "", mac, protocol, $"GET {path}", "render failed", e.Message);
            throw new RenderFailedException(path, e);
        }
    }

    private async Task<(Machine? Machine, string Mac)> RequesterAsync(IPAddress requester)
    {
        var address = IPv4.FromIPAddress(requester);
        if (address == 0 || catalog.Current.SubnetOf(address) is not { } subnet) return (null, "");
        var leases = grains.GetGrain<ISubnetGrain>(GrainKeys.Subnet(subnet.Name));
        if (await GrainCalls.AskAsync(() => leases.WhoHas(address)) is not { } holder) return (null, "");
        if (await machines.FindAsync(holder.Token, CancellationToken.None) is not { } known)
            return (null, holder.Lapsed ? "" : holder.Token);
        // A DISCOVER that the machine's grain is still to be told of would void the tokens that are about to be rendered.
        await sightings.SettledAsync(known.Uuid);
        var machine = await machines.ReadAsync(known.Uuid);
        if (!holder.Lapsed) return (machine, holder.Token);
        return machine is not null && (holder.Released ? BootFiles.OutliveTheRelease(machine) : BootFiles.OutliveTheLease(machine))
            ? (machine, holder.Token) : (null, "");
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Path} could not be rendered: {Cause}")]
    private partial void LogRenderFailed(string path, string cause);
}
