using Orleans.Runtime;

namespace Anvil.Contracts;

/// <summary>An answer that may say "nothing was done; ask again".</summary>
public interface IRepeatable
{
    /// <summary>The activation that answered was stale and has done nothing: the next one will know better.</summary>
    bool Again { get; }
}

/// <summary>
/// Calls grains while silos come and go. Calls that were surely not carried out are repeated; those whose outcome is unknown
/// (the silo died under them) only where repeating does no harm.
/// </summary>
public static class GrainCalls
{
    private const int Attempts = 6;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    /// <summary>Asks, or does what may be done twice.</summary>
    public static Task<T> AskAsync<T>(Func<Task<T>> call)
        => RepeatAsync(call, static e => e is SiloUnavailableException or OrleansMessageRejectionException);

    /// <summary>Does what must not be done twice.</summary>
    public static Task<T> ActAsync<T>(Func<Task<T>> call) => RepeatAsync(call, static e => e is OrleansMessageRejectionException);

    private static async Task<T> RepeatAsync<T>(Func<Task<T>> call, Func<Exception, bool> isHarmless)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var answer = await call();
                if (answer is not IRepeatable { Again: true } || attempt == Attempts) return answer;
            }
            catch (Exception e) when (attempt < Attempts && isHarmless(e))
            {
                // The next attempt finds the grain on another silo, once the cluster has noticed.
            }

            await Task.Delay(Pause * attempt, TimeProvider.System);
        }
    }
}
