using Anvil.Provisioning.Jobs;

namespace Anvil.Provisioning.Tests.Jobs;

public sealed class JobPaceTests
{
    private static readonly TimeSpan Now = TimeSpan.FromHours(3);

    [Fact]
    public void AMachineBeginsManyJobsAtOnceAndThenSoManyAnHour()
    {
        var pace = new JobPace();
        pace.Count(JobPace.AtOnce, Now);
        Assert.Null(pace.Wait(Now));
        pace.Count(1, Now);
        var wait = pace.Wait(Now);
        Assert.Equal(TimeSpan.FromHours(1) / JobPace.PerHour, wait);
        Assert.Null(pace.Wait(Now + wait!.Value));
        // After an hour the hour's worth may begin, and not one more.
        var later = Now + TimeSpan.FromHours(1);
        pace.Count(JobPace.PerHour - 1, later);
        Assert.Null(pace.Wait(later));
        pace.Count(1, later);
        Assert.NotNull(pace.Wait(later));
    }
}
