using Anvil.Contracts.Machines;
using Dapper;

namespace Anvil.Storage;

/// <summary>Looks for values in clear in the table of machines, in either database.</summary>
public sealed class ClearValues(Database database) : IClearValues
{
    /// <summary>Names of one statement; every database takes as many parameters.</summary>
    private const int MostNames = 500;

    /// <inheritdoc/>
    public async Task<(IReadOnlyList<string> Found, string Last)> MachinesAsync(IReadOnlyCollection<string> secure, string after, int most,
        CancellationToken cancellation)
    {
        var found = new SortedSet<string>(StringComparer.Ordinal);
        await using var connection = await database.ConnectAsync(cancellation);
        var last = await connection.ExecuteScalarAsync<string?>(new CommandDefinition(
            "SELECT max(p.uuid) FROM (SELECT uuid FROM machine WHERE uuid > @after ORDER BY uuid LIMIT @most) AS p", new { after, most },
            cancellationToken: cancellation));
        if (last is null) return ([], "");
        foreach (var names in secure.Chunk(MostNames))
        {
            var parameters = new DynamicParameters(new { after, last });
            for (var i = 0; i < names.Length; i++) parameters.Add($"p{i}", names[i]);
            var sql = $"""
                SELECT m.uuid FROM machine AS m WHERE m.uuid > @after AND m.uuid <= @last
                AND {database.HasInClear("m.document", string.Join(',', names.Select((_, i) => $"@p{i}")))}
                """;
            found.UnionWith(await connection.QueryAsync<string>(new CommandDefinition(sql, parameters, cancellationToken: cancellation)));
        }

        return ([.. found], last);
    }
}
