namespace Anvil.Provisioning.Jobs;

/// <summary>
/// How fast a machine may begin jobs: each is a row for a year. Far more than a workflow has, and far less than a loop that fails at once
/// would make. Times are those of a clock that only goes forward.
/// </summary>
public sealed class JobPace
{
    /// <summary>Jobs that may begin at once.</summary>
    public const int AtOnce = 1000;

    /// <summary>Jobs that may begin in an hour from then on.</summary>
    public const int PerHour = 600;

    private readonly Pace _pace = new(AtOnce, PerHour);

    /// <summary>How long the next job has to wait; null when it may begin.</summary>
    public TimeSpan? Wait(TimeSpan now) => _pace.Wait(now);

    /// <summary>Counts jobs that have begun.</summary>
    public void Count(int jobs, TimeSpan now) => _pace.Count(jobs, now);
}
