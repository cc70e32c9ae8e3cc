using Microsoft.Extensions.Logging;

namespace Anvil.Grains.Subnets;

/// <summary>What a subnet's grain tells operators.</summary>
public sealed partial class SubnetGrain
{
    [LoggerMessage(Level = LogLevel.Warning,
        Message = "subnet {Subnet}: leases cannot be stored ({Reason}); known leases are confirmed, new ones wait")]
    private partial void LogAway(Exception exception, string subnet, string reason);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "subnet {Subnet}: {Address} is in use by somebody unknown, and is not given for ten minutes")]
    private partial void LogInUse(string subnet, string address);

    [LoggerMessage(Level = LogLevel.Warning, Message = "subnet {Subnet}: the clock jumped by {Jump}; {Count} leases are moved with it")]
    private partial void LogJump(string subnet, TimeSpan jump, int count);

    [LoggerMessage(Level = LogLevel.Information, Message = "subnet {Subnet}: the database is back; leases were read again")]
    private partial void LogBack(string subnet);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "subnet {Subnet}: reservations cannot be read ({Reason}), and without them no lease is given")]
    private partial void LogReservationsAway(Exception exception, string subnet, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "subnet {Subnet}: epoch {Epoch} is over; this activation ends")]
    private partial void LogStale(string subnet, long epoch);
}
