namespace Anvil.Contracts.Jobs;

/// <summary>What became of an append to a job's log.</summary>
public enum LogAppend
{
    /// <summary>All of it is stored.</summary>
    Whole,

    /// <summary>The log has <see cref="IJobLogs.MostBytes"/>.</summary>
    Full,

    /// <summary>What is left of the disk is kept for the database.</summary>
    NoSpace,
}
