using System.Collections.Concurrent;
using System.Reflection;
using Anvil.Contracts.Events;
using Anvil.Contracts.Machines;
using Microsoft.Extensions.DependencyInjection;

namespace Anvil.Silo.Tests.Packets;

/// <summary>Counts what silos ask of machines' grains and of the database, and holds parts of it up.</summary>
public sealed class PacketWatch : IIncomingGrainCallFilter
{
    private volatile TaskCompletionSource _sighted = Open();
    private volatile bool _feedIsHeld;
    private volatile bool _isSilent;

    /// <summary>Calls of grains by method, those that have begun.</summary>
    public ConcurrentDictionary<string, int> Calls { get; } = new(StringComparer.Ordinal);

    /// <summary>Sightings that machines' grains were told of.</summary>
    public ConcurrentQueue<Sighting> Sightings { get; } = new();

    /// <summary>Queries of machines and jobs by method, the feed's own reading left out.</summary>
    public ConcurrentDictionary<string, int> Queries { get; } = new(StringComparer.Ordinal);

    /// <summary>Number of calls of a method that have begun.</summary>
    public int Count(string method) => Calls.GetValueOrDefault(method);

    /// <summary>From now on no machine's grain takes a sighting, until released.</summary>
    public void HoldSightings() => _sighted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Lets the sightings go on.</summary>
    public void ReleaseSightings() => _sighted.TrySetResult();

    /// <summary>Whether edges can read what changed.</summary>
    public void HoldFeed(bool isHeld) => _feedIsHeld = isHeld;

    /// <summary>Whether writers tell edges nothing.</summary>
    public void Silence(bool isSilent) => _isSilent = isSilent;

    /// <summary>Puts this watch between a silo's parts.</summary>
    public void Attach(IServiceCollection services)
    {
        services.AddSingleton<IIncomingGrainCallFilter>(this);
        Wrap<IMachineFeed>(services, inner => new WatchedFeed(this, inner));
        Wrap<IMachineDirectory>(services, inner => new WatchedDirectory(this, inner));
        Wrap<IMachineQueries>(services, inner =>
        {
            var proxy = DispatchProxy.Create<IMachineQueries, CountingProxy>();
            ((CountingProxy)(object)proxy).Set(this, inner);
            return proxy;
        });
    }

    /// <inheritdoc/>
    public async Task Invoke(IIncomingGrainCallContext context)
    {
        if (context.Request.GetInterfaceType().Namespace?.StartsWith("Anvil", StringComparison.Ordinal) == true)
        {
            var method = context.Request.GetMethodName();
            if (method == nameof(IMachineGrain.Sighted))
            {
                Sightings.Enqueue((Sighting)context.Request.GetArgument(0)!);
                await _sighted.Task;
            }

            Calls.AddOrUpdate(method, 1, (_, n) => n + 1);
        }

        await context.Invoke();
    }

    /// <summary>True when machines' grains have begun to take in all that was sent to them.</summary>
    public bool AllSightingsAreIn => Sightings.Count == Count(nameof(IMachineGrain.Sighted));

    private static TaskCompletionSource Open()
    {
        var open = new TaskCompletionSource();
        open.SetResult();
        return open;
    }

    private static void Wrap<T>(IServiceCollection services, Func<T, T> wrap)
        where T : class
    {
        var inner = services.Last(s => s.ServiceType == typeof(T));
        services.Remove(inner);
        services.AddSingleton(
            provider => wrap(
                (T)(inner.ImplementationInstance ?? inner.ImplementationFactory?.Invoke(provider)
                    ?? ActivatorUtilities.CreateInstance(provider, inner.ImplementationType!))));
    }

    /// <summary>Counts queries; made into a subclass at run time.</summary>
#pragma warning disable CA1852, MA0053 // The run time makes a subclass of it.
    public class CountingProxy : DispatchProxy
#pragma warning restore CA1852, MA0053
    {
        private PacketWatch _watch = null!;
        private IMachineQueries _inner = null!;

        internal void Set(PacketWatch watch, IMachineQueries inner) => (_watch, _inner) = (watch, inner);

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            _watch.Queries.AddOrUpdate(targetMethod!.Name, 1, (_, n) => n + 1);
            return targetMethod.Invoke(_inner, args);
        }
    }

    private sealed class WatchedDirectory(PacketWatch watch, IMachineDirectory inner) : IMachineDirectory
    {
        public Task PublishAsync(MachineNews change) => watch._isSilent ? Task.CompletedTask : inner.PublishAsync(change);
    }

    private sealed class WatchedFeed(PacketWatch watch, IMachineFeed inner) : IMachineFeed
    {
        public Task<EventPlace> EndAsync(CancellationToken cancellation) => inner.EndAsync(cancellation);

        public Task<MachineFeedPage> ChangedAsync(EventPlace after, int most, CancellationToken cancellation)
            => watch._feedIsHeld ? throw new TimeoutException("the feed is held up by the test")
                : inner.ChangedAsync(after, most, cancellation);

        public Task<IReadOnlyList<MachineNews>> PageAsync(string after, int most, CancellationToken cancellation)
            => inner.PageAsync(after, most, cancellation);

        public Task<IReadOnlyList<MachineNews>> ReadAsync(IReadOnlyCollection<string> uuids, CancellationToken cancellation)
            => inner.ReadAsync(uuids, cancellation);

        public Task<MachineNews?> FindAsync(string mac, CancellationToken cancellation)
        {
            watch.Queries.AddOrUpdate("feed", 1, (_, n) => n + 1);
            return inner.FindAsync(mac, cancellation);
        }
    }
}
