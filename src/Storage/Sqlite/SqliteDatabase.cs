using Dapper;
using Microsoft.Data.Sqlite;

namespace Anvil.Storage.Sqlite;

/// <summary>The database file of a silo alone: opens connections, and applies the numbered schema scripts at start, forwards only, in one transaction each.</summary>
public sealed class SqliteDatabase(string path)
{
    /// <summary>What Orleans' providers connect with.</summary>
    public string ConnectionString { get; } = new SqliteConnectionStringBuilder
    {
        DataSource = path,
        Mode = SqliteOpenMode.ReadWriteCreate,
        Cache = SqliteCacheMode.Private,
        Pooling = true,
        DefaultTimeout = 30,
    }.ToString();

    /// <summary>Opens a connection.</summary>
    public async Task<SqliteConnection> OpenAsync(CancellationToken cancellation)
    {
        var connection = new SqliteConnection(ConnectionString);
        await connection.OpenAsync(cancellation);
        return connection;
    }

    /// <summary>Creates the file where there is none and brings its schema up to date.</summary>
    /// <exception cref="InvalidOperationException">The file was written by a newer version.</exception>
    public async Task MigrateAsync(CancellationToken cancellation)
    {
        if (Path.GetDirectoryName(path) is { Length: > 0 } folder) Directory.CreateDirectory(folder);
        await using var connection = await OpenAsync(cancellation);
        await connection.ExecuteAsync("PRAGMA journal_mode = WAL");
        var scripts = Scripts().ToList();
        var applied = await connection.ExecuteScalarAsync<int>("PRAGMA user_version");
        if (applied > scripts.Count) throw new InvalidOperationException($"{path} has schema {applied}, newer than this version's {scripts.Count}");
        for (var i = applied; i < scripts.Count; i++)
        {
            await using var transaction = connection.BeginTransaction(deferred: false);
            if (await connection.ExecuteScalarAsync<int>("PRAGMA user_version", transaction: transaction) > i) continue;
            await connection.ExecuteAsync(new CommandDefinition(scripts[i], transaction: transaction, cancellationToken: cancellation));
            await connection.ExecuteAsync($"PRAGMA user_version = {i + 1}", transaction: transaction);
            await transaction.CommitAsync(cancellation);
        }
    }

    private static IEnumerable<string> Scripts()
    {
        var assembly = typeof(SqliteDatabase).Assembly;
        foreach (var name in assembly.GetManifestResourceNames().Where(n => n.EndsWith(".sql", StringComparison.Ordinal) && n.Contains(".Sqlite.", StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            yield return reader.ReadToEnd();
        }
    }
}
