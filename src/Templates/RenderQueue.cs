namespace Anvil.Templates;

/// <summary>
/// Runs renders apart from sockets and the thread pool: a bounded number at once, on threads of their own. Sources (machines, addresses)
/// are served fairly by the time that they took (start-time fair queueing), one render of each at a time; so one whose renders take all
/// that they may costs another source the end of one render, and no more. What is over the bounds is refused at once; when all places are
/// taken, who has fewer waiting takes the place of the newest of who has most.
/// </summary>
public sealed class RenderQueue : IDisposable
{
    /// <summary>Stack of a rendering thread in octets: what <see cref="TemplateLimits.Nesting"/> levels take, several times.</summary>
    private const int StackOctets = 4 << 20;

    /// <summary>Sources that are remembered with the time they took; beyond it those that want nothing are forgotten.</summary>
    private const int MostSources = 8192;

    private readonly RenderQueueLimits _limits;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _ready = new(0);
    private readonly Dictionary<string, Source> _sources = new(StringComparer.Ordinal);
    private readonly PriorityQueue<Source, (double Start, long Number)> _next = new();
    private readonly CancellationTokenSource _stop = new();
    private double _now;
    private long _number;
    private int _waiting;
    private int _busy;
    private int _threads;

    /// <summary>A queue without threads: they are started as they are needed.</summary>
    /// <param name="limits">How many run and wait.</param>
    /// <param name="time">The clock of the shares.</param>
    public RenderQueue(RenderQueueLimits limits, TimeProvider time)
    {
        _limits = limits;
        _time = time;
    }

    /// <summary>Renders that wait.</summary>
    public int Waiting
    {
        get
        {
            lock (_lock) return _waiting;
        }
    }

    /// <summary>Runs a render when it is its source's turn.</summary>
    /// <param name="source">Whom the time is reckoned to: a machine, or the address of a requester that is none.</param>
    /// <param name="render">The render; all that it calls is to be charged to the budget.</param>
    /// <param name="cancellation">Nobody waits any more: it is not begun, or ended.</param>
    /// <returns>What the render returns; what it throws is thrown.</returns>
    /// <exception cref="RenderBusyException">Too many wait, of all or of the source.</exception>
    /// <exception cref="OperationCanceledException">Nobody waits any more, or the queue ends.</exception>
    public Task<T> RunAsync<T>(string source, Func<RenderBudget, T> render, CancellationToken cancellation = default)
    {
        var work = new Work<T>(render, cancellation, _stop.Token);
        Action? displaced = null;
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_stop.IsCancellationRequested, this);
            if (!_sources.TryGetValue(source, out var of)) of = null;
            if (of?.Waiting >= _limits.WaitingOfSource)
                throw new RenderBusyException($"{_limits.WaitingOfSource} renders of {source} wait already");
            if (_waiting >= _limits.Waiting) displaced = Displace(of?.Waiting ?? 0);
            if (of is null) _sources[source] = of = NewSource(source);
            _waiting++;
            of.Waiting++;
            of.Works.Enqueue(work);
            if (of is { IsQueued: false, IsBusy: false }) Queue(of);
            if (_threads < _limits.AtOnce && _threads - _busy < _next.Count) Start();
        }

        displaced?.Invoke();
        // Outside of the lock: a token that is cancelled already calls at once.
        work.Watch(() => GiveUp(source, work));
        return work.Result;
    }

    /// <summary>Ends the threads; what waits or runs ends with <see cref="OperationCanceledException"/>.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_stop.IsCancellationRequested) return;
            _stop.Cancel();
            foreach (var work in _sources.Values.SelectMany(s => s.Works)) work.Cancel();
        }
    }

    /// <summary>Takes the newest of the source that has most waiting out of the line, for one of a source that has fewer.</summary>
    /// <returns>Tells whoever waits for it.</returns>
    /// <exception cref="RenderBusyException">No source has more than that one would have.</exception>
    private Action Displace(int own)
    {
        // At most so many sources as renders wait: only asked when all places are taken.
        var most = _sources.Values.MaxBy(s => s.Waiting);
        if (most is not null && most.Waiting > own + 1 && most.Displace() is { } tell)
        {
            _waiting--;
            most.Waiting--;
            return tell;
        }

        throw new RenderBusyException($"{_limits.Waiting} renders wait already");
    }

    private Source NewSource(string name)
    {
        if (_sources.Count >= MostSources)
        {
            foreach (var idle in _sources.Values.Where(s => s is { IsBusy: false, IsQueued: false }).ToList()) _sources.Remove(idle.Name);
        }

        return new Source(name);
    }

    private void Queue(Source source)
    {
        source.IsQueued = true;
        source.Start = Math.Max(_now, source.Finish);
        _next.Enqueue(source, (source.Start, _number++));
        _ready.Release();
    }

    private void Start()
    {
        _threads++;
        new Thread(Serve, StackOctets) { IsBackground = true, Name = "Anvil render" }.Start();
    }

    private void GiveUp(string name, IWork work)
    {
        lock (_lock)
        {
            if (!work.Cancel()) return;
            _waiting--;
            if (_sources.TryGetValue(name, out var source)) source.Waiting--;
        }
    }

    private void Serve()
    {
        while (true)
        {
            try
            {
                _ready.Wait(_stop.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            Source source;
            IWork? work;
            lock (_lock)
            {
                if (_stop.IsCancellationRequested) return;
                source = _next.Dequeue();
                source.IsQueued = false;
                work = Begin(source);
                if (work is null) continue;
                _now = source.Start;
                source.IsBusy = true;
                _busy++;
            }

            var began = _time.GetTimestamp();
            var publish = work.Run();
            var took = _time.GetElapsedTime(began).TotalSeconds;
            lock (_lock)
            {
                _busy--;
                source.IsBusy = false;
                source.Finish = source.Start + took;
                if (source.Works.Count > 0) Queue(source);
                else if (_busy == 0 && _next.Count == 0) Forget();
            }

            publish();
        }
    }

    /// <summary>The first work of a source that somebody still waits for.</summary>
    private IWork? Begin(Source source)
    {
        while (source.Works.TryDequeue(out var work))
        {
            if (!work.TryBegin()) continue;
            _waiting--;
            source.Waiting--;
            return work;
        }

        return null;
    }

    /// <summary>Nobody wants anything: shares begin anew.</summary>
    private void Forget()
    {
        _sources.Clear();
        _now = 0;
    }

    private interface IWork
    {
        bool TryBegin();

        bool Cancel();

        /// <summary>Takes it out of the line, where it still waits; what tells so, or null.</summary>
        Action? Displace();

        /// <summary>Renders, and returns what tells the result: that is done when the source is free again.</summary>
        Action Run();
    }

    private sealed class Source(string name)
    {
        public string Name { get; } = name;

        public Queue<IWork> Works { get; } = new();

        public int Waiting { get; set; }

        public bool IsQueued { get; set; }

        public bool IsBusy { get; set; }

        public double Start { get; set; }

        public double Finish { get; set; }

        /// <summary>Takes its newest that still waits out of the line; those that were given up stay until their turn.</summary>
        public Action? Displace() => Works.Reverse().Select(w => w.Displace()).FirstOrDefault(tell => tell is not null);
    }

    private sealed class Work<T>(Func<RenderBudget, T> render, CancellationToken cancellation, CancellationToken stop)
        : IWork
    {
        private const int IsWaiting = 0;
        private const int IsBegun = 1;
        private const int IsCancelled = 2;
        private readonly TaskCompletionSource<T> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private CancellationTokenRegistration _watch;
        private int _state = IsWaiting;

        public Task<T> Result => _result.Task;

        public void Watch(Action giveUp)
        {
            if (cancellation.CanBeCanceled) _watch = cancellation.UnsafeRegister(static act => ((Action)act!)(), giveUp);
        }

        public bool TryBegin() => Interlocked.CompareExchange(ref _state, IsBegun, IsWaiting) == IsWaiting;

        public bool Cancel()
        {
            if (Interlocked.CompareExchange(ref _state, IsCancelled, IsWaiting) != IsWaiting) return false;
            _result.TrySetCanceled(cancellation.IsCancellationRequested ? cancellation : stop);
            return true;
        }

        public Action? Displace()
        {
            if (Interlocked.CompareExchange(ref _state, IsCancelled, IsWaiting) != IsWaiting) return null;
            return () => End(() => _result.TrySetException(new RenderBusyException("others, who have fewer renders waiting, came first")));
        }

        public Action Run()
        {
            using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellation, stop);
            try
            {
                // Who has gone while another render ended is not rendered for, whichever of the two was noticed first.
                ended.Token.ThrowIfCancellationRequested();
                var value = render(new RenderBudget(TemplateLimits.Default, cancellation: ended.Token));
                return () => End(() => _result.TrySetResult(value));
            }
            catch (OperationCanceledException)
            {
                return () => End(() => _result.TrySetCanceled(cancellation.IsCancellationRequested ? cancellation : stop));
            }
            catch (Exception e)
            {
                return () => End(() => _result.TrySetException(e));
            }
        }

        private void End(Action tell)
        {
            _watch.Unregister();
            tell();
        }
    }
}
