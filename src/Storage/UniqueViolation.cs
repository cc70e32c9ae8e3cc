using Microsoft.Data.Sqlite;
using Npgsql;

namespace Anvil.Storage;

/// <summary>Tells which uniqueness rule a failed write broke.</summary>
public static class UniqueViolation
{
    private const int SqliteUnique = 2067;
    private const int SqlitePrimaryKey = 1555;

    /// <summary>
    /// name, mac or address, when the exception, or one inside it, is a broken uniqueness rule of the machine tables; else null.
    /// </summary>
    public static string? Of(Exception exception)
    {
        for (Exception? e = exception; e is not null; e = e.InnerException)
        {
            if (e is SqliteException { SqliteExtendedErrorCode: SqliteUnique or SqlitePrimaryKey } sqlite)
                return Rule(sqlite.Message);
            if (e is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation } postgres)
                return postgres.ConstraintName switch
                {
                    "machine_mac_mac" => UniqueRule.Mac,
                    "machine_claim_address" => UniqueRule.Address,
                    "machine_name" or "machine_folded_name" => UniqueRule.Name,
                    _ => null
                };
        }

        return null;
    }

    private static string? Rule(string message)
    {
        if (message.Contains("machine_mac.mac", StringComparison.Ordinal)) return UniqueRule.Mac;
        if (message.Contains("machine_claim.address", StringComparison.Ordinal)) return UniqueRule.Address;
        return message.Contains("machine.name", StringComparison.Ordinal)
            || message.Contains("machine_folded.name", StringComparison.Ordinal) ? UniqueRule.Name : null;
    }
}
