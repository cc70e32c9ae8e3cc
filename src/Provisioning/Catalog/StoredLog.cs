namespace Anvil.Provisioning.Catalog;

/// <summary>A job's log that is kept.</summary>
/// <param name="Job">The job.</param>
/// <param name="Octets">Its length.</param>
/// <param name="At">When it was written last, or where that is not kept, when the job began.</param>
public sealed record StoredLog(Guid Job, long Octets, DateTimeOffset At);
