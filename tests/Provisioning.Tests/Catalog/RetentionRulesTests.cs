using Anvil.Provisioning.Catalog;

namespace Anvil.Provisioning.Tests.Catalog;

public sealed class RetentionRulesTests
{
    private static readonly DateTimeOffset Now = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void LogsGoTheOldestFirstByAgeAndThenBySize()
    {
        var bound = RetentionRules.Of(new Prefs(new Dictionary<string, string>(StringComparer.Ordinal) { ["keepJobLogsMiB"] = "2" }))
            .Single(b => b.What == RetentionRules.JobLogs);
        StoredLog Log(int days, double mebibytes) => new(Guid.NewGuid(), (long)(mebibytes * (1 << 20)), Now.AddDays(-days));
        var (ancient, older, newer, newest) = (Log(91, 0.1), Log(50, 1), Log(20, 1), Log(0, 0.5));
        var trimmed = RetentionRules.LogsToTrim(bound, [newest, older, ancient, newer], Now).ToList();
        Assert.Equal([ancient, older], trimmed.Select(t => t.Log));
        Assert.Equal(["older than 90 days (preference keepJobLogsDays)",
            "the oldest, and all together had more than 2 MiB (preference keepJobLogsMiB)"], trimmed.Select(t => t.Why));
        Assert.Empty(RetentionRules.LogsToTrim(bound, [newer, newest], Now));
        // Where the disk has too little, the oldest make room, and no more of them than it takes.
        Assert.Empty(RetentionRules.LogsToTrim(bound, [newer, newest], Now, room: 0));
        Assert.Equal([(newer, "the oldest, and the disk has too little left")],
            RetentionRules.LogsToTrim(bound, [newest, newer], Now, room: -(1 << 20)));
    }

    /// <summary>
    /// What runs counts, and is left alone as long as what is over can make room; then the largest goes, and no more than it takes.
    /// </summary>
    [Fact]
    public void LogsOfJobsThatAreNotOverGoLastTheLargestFirst()
    {
        var bound = RetentionRules.Of(new Prefs(new Dictionary<string, string>(StringComparer.Ordinal) { ["keepJobLogsMiB"] = "2" }))
            .Single(b => b.What == RetentionRules.JobLogs);
        StoredLog Log(int days, double mebibytes) => new(Guid.NewGuid(), (long)(mebibytes * (1 << 20)), Now.AddDays(-days));
        var (over, small, large) = (Log(1, 0.5), Log(99, 0.25), Log(2, 1.75));
        Assert.Empty(RetentionRules.LogsToTrim(bound, [over], Now, live: 3 << 19));
        Assert.Equal([over], RetentionRules.LogsToTrim(bound, [over], Now, live: 2 << 20).Select(t => t.Log));
        Assert.Empty(RetentionRules.LiveLogsToTrim(bound, [small, large]));
        Assert.Empty(RetentionRules.LiveLogsToTrim(bound, [small, large], room: 5));
        var more = Log(1, 0.5);
        Assert.Equal([(large, "the largest, and those of jobs that are not over had more than 2 MiB (preference keepJobLogsMiB)")],
            RetentionRules.LiveLogsToTrim(bound, [small, large, more]));
        Assert.Equal([(large, "the largest, and the disk has too little left")],
            RetentionRules.LiveLogsToTrim(bound, [small, large], room: -5));
    }

    [Theory]
    [InlineData("keepTimelineDays", "1", true)]
    [InlineData("keepTimelineDays", "0", false)]
    [InlineData("keepTimelineDays", "3651", false)]
    [InlineData("keepEvents", "999", false)]
    [InlineData("keepEvents", "1000", true)]
    [InlineData("keepJobLogsMiB", "1", true)]
    [InlineData("keepJobLogsMiB", "-1", false)]
    [InlineData("keepLeaseHistory", "many", false)]
    [InlineData("logLevel", "many", true)]
    public void BoundsAreWholeNumbersWithinReason(string name, string value, bool isRight)
        => Assert.Equal(isRight, RetentionRules.Problem(name, value) is null);

    [Fact]
    public void EachKindHasAnAgeAndAllButStrangersAndTheUnapprovedANumber()
    {
        var bounds = RetentionRules.Of(new Prefs(new Dictionary<string, string>(StringComparer.Ordinal)));
        Assert.Equal([30, 7, 30, 30, 365, 90, 14], bounds.Select(b => (int)b.Age.TotalDays));
        Assert.Equal([5_000_000, long.MaxValue, 2_000_000, 1_000_000, 1_000_000, 10L << 30, long.MaxValue], bounds.Select(b => b.Most));
        Assert.All(bounds.SelectMany(b => b.Prefs), p => Assert.True(Prefs.Defaults.ContainsKey(p)));
    }
}
