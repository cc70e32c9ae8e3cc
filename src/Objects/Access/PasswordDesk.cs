using System.Net;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Jobs;
using Microsoft.Extensions.Hosting;

namespace Anvil.Objects.Access;

/// <summary>
/// Looks at passwords, on threads of its own: what it costs (a third of a second and <see cref="Passwords.MemoryKiB"/> each) nobody else
/// waits for. Who waits here is bounded by <see cref="SignInLine{T}"/>, and ordered by <see cref="SignInBook"/>.
/// </summary>
public sealed class PasswordDesk(TimeProvider time) : IHostedService, IDisposable
{
    /// <summary>Threads, and with them passwords that are looked at, and their memory taken, at once.</summary>
    public static readonly int Threads = Math.Clamp(Environment.ProcessorCount / 2, 1, 4);

    /// <summary>Passwords that may be set for one user at once, and in an hour from then on: each takes as long as a sign-in.</summary>
    public const int SetsAtOnce = 30;
    public const int SetsPerHour = 60;

    private const int MostUsers = 4096;

    /// <summary>After so long what is full has room again.</summary>
    private static readonly TimeSpan Full = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly SignInBook _book = new();
    private readonly SignInLine<Job> _line = new();
    private readonly Dictionary<string, Job> _open = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Pace> _sets = new(StringComparer.Ordinal);
    private readonly long _began = time.GetTimestamp();
    private readonly SemaphoreSlim _work = new(0);
    private readonly CancellationTokenSource _ending = new();
    private int _started;

    /// <summary>Tells whether a password is the hashed one.</summary>
    /// <param name="user">Name that was given, of a user or not.</param>
    /// <param name="password">The password.</param>
    /// <param name="hash">The user's hash; "" for a user that there is not, which takes as long.</param>
    /// <param name="digest">A text that is the same for the same name, password and hash alone: those are looked at once.</param>
    /// <param name="source">Where it comes from.</param>
    /// <param name="isProven">This very password was right of late.</param>
    /// <param name="cancellation">The one who asks is gone.</param>
    /// <returns>Whether it is right; or after what time to try again, not looked at.</returns>
    public async Task<(bool Right, TimeSpan? RetryAfter)> VerifyAsync(string user, string password, string hash, string digest,
        IPAddress? source, bool isProven, CancellationToken cancellation)
    {
        var from = Sources.Of(source);
        Job job;
        lock (_gate)
        {
            var key = $"{digest}\0{from}";
            if (!_open.TryGetValue(key, out var same))
            {
                var (rank, wait) = _book.Admit(user, from, isProven, time.GetUtcNow());
                if (wait > TimeSpan.Zero) return (false, wait);
                same = new Job(key, user, from, () => Passwords.Verify(password, hash));
                if (!Join(same, rank)) return (false, Full);
            }

            job = same;
            job.Askers++;
        }

        return await WaitAsync(job, cancellation) switch
        {
            bool right => (right, null),
            _ => (false, Full),
        };
    }

    /// <summary>Hashes a password that somebody sets.</summary>
    /// <param name="user">Whose it becomes.</param>
    /// <param name="password">The password.</param>
    /// <param name="cancellation">The one who asks is gone.</param>
    /// <returns>The hash; null when too many are being set, or too many were set for this user.</returns>
    public async Task<string?> HashAsync(string user, string password, CancellationToken cancellation)
    {
        Job job;
        lock (_gate)
        {
            if (_sets.Count >= MostUsers) _sets.Clear();
            if (!_sets.TryGetValue(user, out var pace)) _sets[user] = pace = new Pace(SetsAtOnce, SetsPerHour);
            var now = time.GetElapsedTime(_began);
            if (pace.Wait(now) is not null) return null;
            pace.Count(1, now);
            job = new Job($"set\0{Guid.NewGuid()}", user, $"set\0{user}", () => Passwords.Hash(password)) { Askers = 1 };
            if (!Join(job, SignInRank.Known)) return null;
        }

        return await WaitAsync(job, cancellation) as string;
    }

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => _ending.CancelAsync();

    /// <inheritdoc/>
    public void Dispose()
    {
        // Not disposed: threads that look at a password at this moment still ask it.
        _ending.Cancel();
        GC.SuppressFinalize(this);
    }

    private bool Join(Job job, SignInRank rank)
    {
        if (!_line.TryJoin(job.User, job.Source, rank, job, out var displaced)) return false;
        foreach (var other in displaced)
        {
            _open.Remove(other.Key);
            other.Answer.TrySetResult(null);
        }

        _open[job.Key] = job;
        _work.Release();
        // No thread before somebody asks for one.
        if (_started == Threads) return true;
        _started++;
        new Thread(Work) { IsBackground = true, Name = "passwords" }.Start();
        return true;
    }

    private async Task<object?> WaitAsync(Job job, CancellationToken cancellation)
    {
        try
        {
            return await job.Answer.Task.WaitAsync(cancellation);
        }
        finally
        {
            lock (_gate) job.Askers--;
        }
    }

    private void Work()
    {
        try
        {
            while (true)
            {
                _work.Wait(_ending.Token);
                Job? job;
                lock (_gate)
                {
                    job = _line.Next();
                    // Nobody waits for it any more.
                    if (job is { Askers: 0 })
                    {
                        _open.Remove(job.Key);
                        job = null;
                    }
                }

                if (job is not null) Do(job);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // The silo ends; who waits is told so by its own request's end.
        }
    }

    private void Do(Job job)
    {
        object? answer = null;
        try
        {
            answer = job.Act();
        }
        finally
        {
            lock (_gate)
            {
                _open.Remove(job.Key);
                if (answer is true) _book.Right(job.User, job.Source, time.GetUtcNow());
                else if (answer is false) _book.Wrong(job.User, job.Source, time.GetUtcNow());
            }

            job.Answer.TrySetResult(answer);
        }
    }

    private sealed class Job(string key, string user, string source, Func<object> act)
    {
        public string Key { get; } = key;

        public string User { get; } = user;

        public string Source { get; } = source;

        public Func<object> Act { get; } = act;

        public int Askers { get; set; }

        public TaskCompletionSource<object?> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
