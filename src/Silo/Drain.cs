using Microsoft.Extensions.Options;

namespace Anvil.Silo;

/// <summary>The time between "not ready" and the end, so that balancers send new requests elsewhere while the old ones are finished.</summary>
internal sealed class Drain(IOptions<SiloOptions> options, TimeProvider time) : IHostedLifecycleService
{
    /// <summary>True from the moment at which the silo was told to end.</summary>
    public bool IsDraining { get; private set; }

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        IsDraining = true;
        if (options.Value.DrainSeconds > 0) await Task.Delay(TimeSpan.FromSeconds(options.Value.DrainSeconds), time, cancellationToken);
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
