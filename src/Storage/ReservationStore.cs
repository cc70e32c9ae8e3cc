using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Anvil.Contracts.Lists;
using Anvil.Contracts.Subnets;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Network;
using Dapper;

namespace Anvil.Storage;

/// <summary>The table of reservations, in either database. Triggers keep it by the statement that writes the document.</summary>
public sealed class ReservationStore(Database database) : IReservationStore
{
    /// <summary>Values of one statement; every database takes as many parameters.</summary>
    private const int MostValues = 500;

    private static readonly string[] ListKey = ["uuid"];

    private static readonly Dictionary<string, string> ListColumns = new(StringComparer.Ordinal) { ["Token"] = "token", ["Subnet"] = "subnet" };

    /// <inheritdoc/>
    public async Task<Reservation?> FindAsync(uint address, CancellationToken cancellation)
    {
        await using var connection = await database.ConnectAsync(cancellation);
        var json = await connection.ExecuteScalarAsync<string>(new CommandDefinition("SELECT document FROM reservation WHERE key = @key", new { key = IPv4.Hex(address) }, cancellationToken: cancellation));
        return json is null ? null : Read(IPv4.Hex(address), json);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Reservation>> FindManyAsync(IReadOnlyCollection<uint> addresses, IReadOnlyCollection<string> tokens, CancellationToken cancellation)
    {
        var found = new Dictionary<string, Reservation>(StringComparer.Ordinal);
        await using var connection = await database.ConnectAsync(cancellation);
        await FindAsync("key", addresses.Select(IPv4.Hex));
        await FindAsync("token", tokens);
        return [.. found.Values];

        async Task FindAsync(string column, IEnumerable<string> all)
        {
            foreach (var values in all.Distinct(StringComparer.Ordinal).Chunk(MostValues))
            {
                var parameters = new DynamicParameters(values.Select((value, i) => KeyValuePair.Create($"v{i}", (object)value)).ToDictionary());
                var statement = $"SELECT key, document FROM reservation WHERE {column} IN ({string.Join(',', values.Select((_, i) => $"@v{i}"))})";
                foreach (var (key, json) in await connection.QueryAsync<(string, string)>(new CommandDefinition(statement, parameters, cancellationToken: cancellation))) found[key] = Read(key, json);
            }
        }
    }

    /// <inheritdoc/>
    public async Task<long> RevisionAsync(uint address, CancellationToken cancellation)
    {
        await using var connection = await database.ConnectAsync(cancellation);
        return await connection.ExecuteScalarAsync<long?>(new CommandDefinition("SELECT revision FROM reservation WHERE key = @key", new { key = IPv4.Hex(address) }, cancellationToken: cancellation)) ?? 0;
    }

    /// <inheritdoc/>
    public async Task<ReservationChanges> ChangesAsync(Cidr network, long since, CancellationToken cancellation)
    {
        await using var connection = await database.ConnectAsync(cancellation);
        // One statement is one snapshot. Keys are of one length, so that they sort as the addresses do.
        var rows = (await connection.QueryAsync<(long Revision, string? Key, string? Json)>(new CommandDefinition(
            """
            SELECT c.revision, x.key, x.document FROM catalog_revision AS c LEFT JOIN (
                SELECT key, document FROM reservation WHERE key BETWEEN @first AND @last AND revision > @since
                UNION ALL
                SELECT key, NULL FROM reservation_gone WHERE key BETWEEN @first AND @last AND revision > @since) AS x ON true
            """,
            new { first = IPv4.Hex(network.Network), last = IPv4.Hex(network.Broadcast), since }, cancellationToken: cancellation))).AsList();
        return new ReservationChanges(rows[0].Revision,
            [.. rows.Where(r => r.Json is not null).Select(r => Read(r.Key!, r.Json!))],
            [.. rows.Where(r => r is { Key: not null, Json: null }).Select(r => AddressOf(r.Key!)).OfType<uint>()]);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Reservation>> ScopedToAsync(string subnet, int most, CancellationToken cancellation)
    {
        await using var connection = await database.ConnectAsync(cancellation);
        return [.. (await connection.QueryAsync<(string, string)>(new CommandDefinition($"SELECT key, document FROM reservation WHERE subnet = @subnet AND {database.IsTrue("scoped")} ORDER BY key LIMIT @most",
            new { subnet, most }, cancellationToken: cancellation))).Select(r => Read(r.Item1, r.Item2))];
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Reservation>> ListAsync(ListFilter filter, CancellationToken cancellation)
    {
        var (sql, parameters) = database.Lists.Select("reservation_list", ListKey, ListColumns, filter);
        await using var connection = await database.ConnectAsync(cancellation);
        return [.. (await connection.QueryAsync<string>(new CommandDefinition(sql, parameters, cancellationToken: cancellation))).Select(json => Read("", json))];
    }

    /// <inheritdoc/>
    public async Task<long> CountAsync(CancellationToken cancellation)
    {
        await using var connection = await database.ConnectAsync(cancellation);
        return await connection.ExecuteScalarAsync<long>(new CommandDefinition("SELECT count(*) FROM reservation", cancellationToken: cancellation));
    }

    /// <summary>A stored reservation; one that cannot be read is unavailable, and says why.</summary>
    private static Reservation Read(string key, string json)
    {
        try
        {
            var read = Json.Read<Reservation>(json);
            if (read is { Addr.Length: > 0 } && !read.Options.Contains(null!)) return read;
        }
        catch (JsonException)
        {
            // It says what is known of it.
        }

        var address = key.Length > 0 ? key : (JsonNode.Parse(json) as JsonObject)?["Addr"] is JsonValue value && value.TryGetValue<string>(out var text) ? text : "";
        return new Reservation { Addr = AddressOf(address) is { } number ? IPv4.Format(number) : address, Validated = false, Available = false, Errors = ["the stored object is damaged: it has not the shape of a reservation"] };
    }

    private static uint? AddressOf(string key)
        => key.Length == 8 && uint.TryParse(key, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var address) ? address : null;
}
