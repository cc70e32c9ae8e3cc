using Anvil.Support;
using Npgsql;

namespace Anvil.Bench.Peers;

/// <summary>Kea's leases in a PostgreSQL database of their own.</summary>
/// <param name="Host">The server's socket folder.</param>
/// <param name="Name">The database.</param>
/// <param name="User">Its user, who needs no password.</param>
internal sealed record KeaDatabase(string Host, string Name, string User)
{
    /// <summary>Makes one with Kea's schema.</summary>
    public static async Task<KeaDatabase> MakeAsync(PostgresServer postgres)
    {
        var text = await postgres.CreateDatabaseAsync();
        var parts = new NpgsqlConnectionStringBuilder(text);
        var script = PeerPrograms.FindFile("usr/share/kea/scripts/pgsql/dhcpdb_create.pgsql", "kea-admin");
        Commands.Run("psql", "-q", "-v", "ON_ERROR_STOP=1", "-h", parts.Host!, "-U", parts.Username!, "-d", parts.Database!, "-f", script);
        return new KeaDatabase(parts.Host!, parts.Database!, parts.Username!);
    }
}
