using Microsoft.Extensions.Options;

namespace Anvil.Silo;

/// <summary>
/// The time between "not ready" and the end, so that balancers send new requests elsewhere while the old ones are finished. Requests
/// that then take too long (downloads of images, which are resumed elsewhere) are cut off, so that grains still have time to end well.
/// </summary>
internal sealed class Drain(IOptions<SiloOptions> options, TimeProvider time) : IHostedLifecycleService, IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly CancellationTokenSource _late = new();

    /// <summary>True from the moment at which the silo was told to end.</summary>
    public bool IsDraining { get; private set; }

    /// <summary>Cancelled when requests that still run are cut off.</summary>
    public CancellationToken Late => _late.Token;

    public void Dispose() => _late.Dispose();

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        IsDraining = true;
        _late.CancelAfter(TimeSpan.FromSeconds(options.Value.DrainSeconds) + Patience);
        if (options.Value.DrainSeconds > 0) await Task.Delay(TimeSpan.FromSeconds(options.Value.DrainSeconds), time, cancellationToken);
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
