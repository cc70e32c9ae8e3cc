using Anvil.Contracts.Catalog;
using Anvil.Contracts.Placement;
using Anvil.Grains.Placement;
using Anvil.Provisioning.Boot;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using Orleans.Runtime.MembershipService.SiloMetadata;

namespace Anvil.Grains.BootFiles;

/// <summary>
/// Asks the edges that Orleans' membership knows for their boot files, all at once. What another silo said holds for some seconds; this
/// silo's own files are looked at each time.
/// </summary>
#pragma warning disable ORLEANSEXP004 // Silo metadata is the means that Orleans has for this.
public sealed partial class BootFileDirectory(
    BootFileServiceClient client, ISiloStatusOracle oracle, ISiloMetadataCache metadata, IEnumerable<IBootFiles> here, TimeProvider time,
    ILogger<BootFileDirectory> logger) : IBootFileDirectory
#pragma warning restore ORLEANSEXP004
{
    /// <summary>How long an edge's answer holds.</summary>
    public static readonly TimeSpan Fresh = TimeSpan.FromSeconds(2);

    /// <summary>How long an edge may take.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly IBootFiles? _here = here.FirstOrDefault();
    private volatile Told? _told;

    /// <inheritdoc/>
    public async Task<MissingFiles> MissingAsync(IReadOnlyCollection<string> paths, CancellationToken cancellation)
    {
        if (paths.Count is 0 or > IBootFileDirectory.MostPaths) return MissingFiles.None;
        List<string> asked = [.. paths];
        var answers = new List<(string Edge, IReadOnlyList<string> Missing)>();
        if (_here is not null) answers.Add((OtherSilos.NameOf(oracle.SiloAddress, metadata), [.. asked.Where(p => !_here.Has(p))]));
        answers.AddRange(await OthersAsync(asked, cancellation));
        var lacking = answers.SelectMany(a => a.Missing.Select(m => (m, a.Edge))).GroupBy(x => x.m, x => x.Edge, StringComparer.Ordinal)
            .ToDictionary(g => g.Key, g => (IReadOnlyList<string>)[.. g], StringComparer.Ordinal);
        return lacking.Count == 0 ? MissingFiles.None : new MissingFiles(answers.Count, lacking);
    }

    private async Task<IReadOnlyList<(string Edge, IReadOnlyList<string> Missing)>> OthersAsync(List<string> paths,
        CancellationToken cancellation)
    {
        var edges = OtherSilos.With(SiloTraits.BootFiles, metadata, oracle);
        if (edges.Count == 0) return [];
        if (_told is { } told && time.GetElapsedTime(told.At) < Fresh && told.Paths.SequenceEqual(paths, StringComparer.Ordinal))
            return told.Answers;
        var at = time.GetTimestamp();
        var answers = await Task.WhenAll(edges.Select(e => AskAsync(e, paths, cancellation)));
        List<(string Edge, IReadOnlyList<string> Missing)> heard = [.. edges.Zip(answers).Where(a => a.Second is not null)
            .Select(a => (OtherSilos.NameOf(a.First, metadata), a.Second!))];
        // One that did not answer is asked again.
        if (heard.Count == edges.Count) _told = new Told(paths, heard, at);
        return heard;
    }

    private Task<IReadOnlyList<string>?> AskAsync(SiloAddress edge, List<string> paths, CancellationToken cancellation)
        => OtherSilos.AskAsync(() => client.MissingAsync(edge, paths), Patience, time, e => LogFailed(e, edge), cancellation);

    [LoggerMessage(Level = LogLevel.Debug, Message = "edge {Silo} does not say which boot files it has")]
    private partial void LogFailed(Exception exception, SiloAddress silo);

    /// <summary>What other edges said.</summary>
    private sealed record Told(List<string> Paths, IReadOnlyList<(string Edge, IReadOnlyList<string> Missing)> Answers, long At);
}
