using Microsoft.Extensions.Logging;

namespace Anvil.Grains.Machines;

/// <summary>What a machine's grain logs.</summary>
public sealed partial class MachineGrain
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "machine {Name} is {Reason}")]
    private partial void LogStuck(string name, string reason);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "machine {Uuid} is damaged in the database, and is not available until it is replaced or deleted: {Fields}")]
    private partial void LogDamaged(string uuid, string fields);

    [LoggerMessage(Level = LogLevel.Warning, Message = "machine {Uuid}: this activation is stale and ends")]
    private partial void LogStale(Exception exception, string uuid);

    [LoggerMessage(Level = LogLevel.Error, Message = "machine {Uuid}: the state cannot be written")]
    private partial void LogStorageFailed(Exception exception, string uuid);
}
