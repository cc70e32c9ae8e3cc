using System.Data.Common;
using System.Globalization;
using System.Text.Json;
using Anvil.Contracts.Diagnostics;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Lists;
using Dapper;

namespace Anvil.Storage;

/// <summary>
/// Carries out lists of a table. Regular expressions are tried here, on the texts of their fields alone, on one row after another in the
/// list's
/// order, after everything else was left out by the database: what is in memory at a time is one row and the keys of the page.
/// </summary>
internal sealed class ListReader<T>(Database database, ListTable table, TimeProvider time)
    where T : notnull
{
    /// <summary>Keys of one statement; every database takes as many parameters.</summary>
    private const int MostKeys = 500;

    /// <summary>Reads a row: its document, and its record ("": it has none).</summary>
    public Func<string, string, T> Read { get; init; } = (document, _) => Json.Read<T>(document);

    /// <summary>The page's objects alone.</summary>
    /// <exception cref="ApiException">406: the page is too long, or a regular expression takes too long.</exception>
    public Task<IReadOnlyList<T>> ListAsync(ListQuery query, CancellationToken cancellation)
        => BoundedAsync<IReadOnlyList<T>>(async connection => query.HasPattern
            ? (await MatchAsync(connection, query, counts: false, cancellation)).Rows
            : await RowsAsync(connection, query, query.Limit, cancellation), cancellation);

    /// <summary>The page with its counts.</summary>
    /// <exception cref="ApiException">406: the page is too long, or a regular expression takes too long.</exception>
    public Task<ListPage<T>> PageAsync(ListQuery query, CancellationToken cancellation)
        => BoundedAsync(connection => PageAsync(connection, query, cancellation), cancellation);

    /// <summary>The keys of the page's objects, which are not read.</summary>
    /// <exception cref="ApiException">406: a regular expression takes too long.</exception>
    public Task<IReadOnlyList<string>> KeysAsync(ListQuery query, CancellationToken cancellation)
        => BoundedAsync<IReadOnlyList<string>>(async connection =>
        {
            var (keys, skipped) = (new List<string>(), 0);
            if (query.Limit == 0) return keys;
            await foreach (var row in MatchesAsync(connection, query, null, cancellation))
            {
                if (!row.Beyond || skipped++ < query.Offset) continue;
                keys.Add(row.Key);
                if (keys.Count == query.Limit) break;
            }

            return keys;
        }, cancellation);

    private async Task<ListPage<T>> PageAsync(DbConnection connection, ListQuery query, CancellationToken cancellation)
    {
        using var step = AnvilDiagnostics.Step();
        if (query.HasPattern)
        {
            var (matched, filtered, next) = await MatchAsync(connection, query, query.Counts, cancellation);
            if (!query.Counts) return new ListPage<T>(matched, 0, 0, next ? Next(query, matched) : null);
            return new ListPage<T>(matched, await TotalAsync(), filtered, next ? Next(query, matched) : null);
        }

        var rows = query.Limit == 0 ? [] : await RowsAsync(connection, query, query.Limit + 1L, cancellation);
        var more = rows.Count > query.Limit;
        if (more) rows.RemoveAt(rows.Count - 1);
        if (!query.Counts) return new ListPage<T>(rows, 0, 0, more ? Next(query, rows) : null);
        // A page from the list's beginning on, or with rows after so many others, that is its last one: they are all counted.
        var isCounted = query.Limit > 0 && !more && query.After is null && (query.Offset == 0 || rows.Count > 0);
        var count = isCounted ? (long)query.Offset + rows.Count : await CountAsync(connection, query, cancellation);
        return new ListPage<T>(rows, query.Conditions.Count == 0 ? count : await TotalAsync(), count, more ? Next(query, rows) : null);

        Task<long> TotalAsync() => CountAsync(connection, new ListQuery(query.Fields) { Among = query.Among },
            cancellation);
    }

    /// <summary>The values of a field over the rows that the filters leave, the commonest first; the page does not matter.</summary>
    /// <exception cref="ApiException">406: a regular expression takes too long.</exception>
    public Task<IReadOnlyList<FacetCount>> FacetAsync(ListQuery query, Field field, CancellationToken cancellation)
        => BoundedAsync(connection => FacetAsync(connection, query, field, cancellation), cancellation);

    private async Task<IReadOnlyList<FacetCount>> FacetAsync(DbConnection connection, ListQuery query, Field field,
        CancellationToken cancellation)
    {
        var counts = new Dictionary<Rank, long>();
        if (query.HasPattern)
        {
            await foreach (var row in MatchesAsync(connection, query with { After = null, Sort = [], Reverse = false }, field,
                cancellation))
            {
                using (row.Extra) FacetCount.Add(counts, field, row.Extra is null ? null : Value(row.Extra));
            }

            return FacetCount.Of(field, counts);
        }

        var (sql, parameters) = database.Lists.Facet(table, query, field);
        foreach (var (kind, number, value, rows) in await connection.QueryAsync<(long, double, string, long)>(
            new CommandDefinition(sql, parameters, commandTimeout: Seconds, cancellationToken: cancellation)))
        {
            var rank = field.Kind == FieldKind.Address && number < 0 ? Rank.None : new Rank((RankType)kind, number, value);
            counts[rank] = rows;
        }

        return FacetCount.Of(field, counts);
    }

    private int Seconds => (int)Math.Ceiling(database.QueryTime.TotalSeconds);

    /// <summary>Reads within the time of a list.</summary>
    /// <exception cref="ApiException">406: it took longer; 503: as many are read as may be.</exception>
    private async Task<TAnswer> BoundedAsync<TAnswer>(Func<DbConnection, Task<TAnswer>> read, CancellationToken cancellation)
    {
        // Lists leave connections to those who write.
        if (!await database.Reading.WaitAsync(database.QueryTime, cancellation))
        {
            throw new ApiException(new ApiError(table.Fields.Model, "", "GET",
                [$"{database.ListsAtOnce} lists are being read, and may be no more; try again in a moment"], 503));
        }

        try
        {
            return await ReadAsync(read, cancellation);
        }
        finally
        {
            database.Reading.Release();
        }
    }

    private async Task<TAnswer> ReadAsync<TAnswer>(Func<DbConnection, Task<TAnswer>> read, CancellationToken cancellation)
    {
        await using var connection = await database.ConnectAsync(cancellation);
        using var limit = database.Limit(connection, cancellation);
        try
        {
            return await read(connection);
        }
        catch (DbException e) when (database.IsOverTime(connection, e))
        {
            cancellation.ThrowIfCancellationRequested();
            throw new ApiException(new ApiError(table.Fields.Model, "", "GET",
                [$"the list took longer than {database.QueryTime.TotalSeconds:0.###} s: narrow it by a filter on the key, the name or "
                    + "another field that has an index, leave out filters and sorts by params, or ask for it by pages (limit)"], 406));
        }
    }

    private static JsonElement? Value(JsonDocument json) => json.RootElement.ValueKind == JsonValueKind.Null ? null : json.RootElement;

    /// <summary>A row as its fields are compared.</summary>
    public Func<T, JsonElement> Element { get; init; } = row => JsonSerializer.SerializeToElement(row, Json.Options);

    private string? Next(ListQuery query, IReadOnlyList<T> rows)
        => rows.Count == 0 ? null : ListCursor.At(query, Element(rows[^1])).Write(query);

    private async Task<long> CountAsync(DbConnection connection, ListQuery query, CancellationToken cancellation)
    {
        var (sql, parameters) = database.Lists.Count(table, query);
        return await connection.ExecuteScalarAsync<long>(Command(sql, parameters, cancellation));
    }

    private async Task<List<T>> RowsAsync(DbConnection connection, ListQuery query, long limit, CancellationToken cancellation)
    {
        var (sql, parameters) = database.Lists.Rows(table, query, limit);
        var rows = new List<T>();
        var length = 0L;
        await foreach (var (document, record) in connection.EachAsync(Command(sql, parameters, cancellation),
            r => (r.GetString(0), r.GetString(1)), cancellation))
            rows.Add(Bounded(query, document, record, ref length));
        return rows;
    }

    /// <summary>
    /// The page of a list with regular expressions, how many rows it has (as far as they were asked for), and whether more follow.
    /// </summary>
    private async Task<(List<T> Rows, long Filtered, bool More)> MatchAsync(DbConnection connection, ListQuery query, bool counts,
        CancellationToken cancellation)
    {
        var keys = new List<string>();
        var (filtered, skipped, more) = (0L, 0, false);
        await foreach (var row in MatchesAsync(connection, query, null, cancellation))
        {
            filtered++;
            if (!row.Beyond || skipped++ < query.Offset) continue;
            more = keys.Count == query.Limit;
            if (more && !counts) break;
            if (!more) keys.Add(row.Key);
        }

        var found = new Dictionary<string, T>(StringComparer.Ordinal);
        var length = 0L;
        foreach (var some in keys.Chunk(MostKeys))
        {
            var p = new ListParameters();
            var sql = $"SELECT uuid, {table.Shown} FROM {table.ShownFrom} WHERE uuid IN ({p.Add(some)})";
            await foreach (var (key, document, record) in connection.EachAsync(Command(sql, p.All, cancellation),
                r => (r.GetString(0), r.GetString(1), r.GetString(2)), cancellation))
                found[key] = Bounded(query, document, record, ref length);
        }

        // A row that went away meanwhile is left out.
        return ([.. keys.Where(found.ContainsKey).Select(k => found[k])], filtered, more);
    }

    /// <summary>Rows that pass all conditions, in order.</summary>
    private async IAsyncEnumerable<(string Key, bool Beyond, JsonDocument? Extra)> MatchesAsync(
        DbConnection connection, ListQuery query, Field? extra,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        var patterns = new PatternTime(query.Fields.Model, time);
        var conditions = query.Conditions.Where(c => c.HasPattern).ToList();
        IEnumerable<Field> fields = conditions.Select(c => c.Field);
        var (sql, parameters) = database.Lists.Places(table, query, extra is null ? fields : fields.Append(extra));
        await foreach (var reader in connection.EachAsync(Command(sql, parameters, cancellation), r => r, cancellation))
        {
            if (!Holds(reader, conditions, patterns)) continue;
            var beyond = Convert.ToInt64(reader.GetValue(1), CultureInfo.InvariantCulture) == 1;
            yield return (reader.GetString(0), beyond, extra is null ? null : Parse(reader, conditions.Count + 2));
        }
    }

    /// <summary>A statement whose rows Dapper does not read: nothing is made for it that would be kept.</summary>
    private CommandDefinition Command(string sql, object parameters, CancellationToken cancellation)
        => new(sql, parameters, commandTimeout: Seconds, flags: CommandFlags.Buffered | CommandFlags.NoCache,
            cancellationToken: cancellation);

    private static bool Holds(DbDataReader reader, List<ListCondition> conditions, PatternTime patterns)
    {
        for (var i = 0; i < conditions.Count; i++)
        {
            using var json = Parse(reader, i + 2);
            if (!conditions[i].Holds(json is null ? null : Value(json), patterns)) return false;
        }

        return true;
    }

    private static JsonDocument? Parse(DbDataReader reader, int column)
        => reader.IsDBNull(column) ? null : JsonDocument.Parse(reader.GetString(column));

    private T Bounded(ListQuery query, string document, string record, ref long length)
    {
        length += document.Length;
        query.Memory?.Grow(document.Length);
        if (length <= ListBounds.PageLength) return Read(document, record);
        throw new ApiException(
            new ApiError(table.Fields.Model, "", "GET",
                [$"the list is longer than {ListBounds.PageLength >> 20} MiB: ask for it by pages (limit)"], 406));
    }
}
