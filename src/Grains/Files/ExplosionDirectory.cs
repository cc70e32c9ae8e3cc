using Anvil.Contracts.Files;

namespace Anvil.Grains.Files;

/// <summary>Asks all edges how far they are with ISOs; what others said holds for a moment.</summary>
public sealed class ExplosionDirectory(BlobSilos silos, IEnumerable<IExplosions> here, TimeProvider time) : IExplosionDirectory
{
    /// <summary>How long what others said holds.</summary>
    public static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);

    private readonly IExplosions? _here = here.FirstOrDefault();
    private volatile Told? _told;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<EdgeExplosion>> ReportsAsync(CancellationToken cancellation)
    {
        var own = silos.NameOf(silos.Own);
        var others = await OthersAsync(cancellation);
        return [.. (_here?.Reports ?? []).Select(r => new EdgeExplosion(own, r)), .. others];
    }

    private async Task<IReadOnlyList<EdgeExplosion>> OthersAsync(CancellationToken cancellation)
    {
        if (_told is { } told && time.GetElapsedTime(told.At) < Fresh) return told.Reports;
        var others = silos.Others;
        var at = time.GetTimestamp();
        var answers = await Task.WhenAll(others.Select(o => silos.AskAsync(o, s => s.Explosions(), cancellation)));
        List<EdgeExplosion> reports = [.. others.Zip(answers)
            .SelectMany(o => (o.Second ?? []).Select(r => new EdgeExplosion(silos.NameOf(o.First), r)))];
        _told = new Told(reports, at);
        return reports;
    }

    private sealed record Told(IReadOnlyList<EdgeExplosion> Reports, long At);
}
