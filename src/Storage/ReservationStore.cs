using System.Text.Json;
using System.Text.Json.Nodes;
using Anvil.Contracts.Subnets;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Lists;
using Anvil.Provisioning.Network;
using Dapper;

namespace Anvil.Storage;

/// <summary>The table of reservations, in either database. Triggers keep it by the statement that writes the document.</summary>
public sealed class ReservationStore(Database database, TimeProvider time) : IReservationStore
{
    /// <summary>Values of one statement; every database takes as many parameters.</summary>
    private const int MostValues = 500;

    private readonly ListReader<Reservation> _list = new(database, ListTable.Reservations, time) { Read = (json, _) => Read("", json) };

    /// <inheritdoc/>
    public async Task<Reservation?> FindAsync(uint address, CancellationToken cancellation)
        => (await ReadAsync(address, cancellation))?.Reservation;

    /// <inheritdoc/>
    public async Task<StoredReservation?> ReadAsync(uint address, CancellationToken cancellation)
    {
        var key = IPv4.Hex(address);
        await using var connection = await database.ConnectAsync(cancellation);
        var command = new CommandDefinition("SELECT document, revision FROM reservation WHERE key = @key", new { key },
            cancellationToken: cancellation);
        var row = (await connection.QueryAsync<(string Json, long Revision)>(command)).AsList();
        return row.Count == 0 ? null : new StoredReservation(Read(key, row[0].Json), row[0].Revision);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Reservation>> FindManyAsync(IReadOnlyCollection<uint> addresses, IReadOnlyCollection<string> tokens,
        CancellationToken cancellation)
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
                var parameters =
                    new DynamicParameters(values.Select((value, i) => KeyValuePair.Create($"v{i}", (object)value)).ToDictionary());
                var statement =
                    $"SELECT key, document FROM reservation WHERE {column} IN ({string.Join(',', values.Select((_, i) => $"@v{i}"))})";
                var command = new CommandDefinition(statement, parameters, cancellationToken: cancellation);
                foreach (var (key, json) in await connection.QueryAsync<(string, string)>(command)) found[key] = Read(key, json);
            }
        }
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
            new { first = IPv4.Hex(network.Network), last = IPv4.Hex(network.Broadcast), since },
            cancellationToken: cancellation))).AsList();
        return new ReservationChanges(rows[0].Revision,
            [.. rows.Where(r => r.Json is not null).Select(r => Read(r.Key!, r.Json!))],
            [.. rows.Where(r => r is { Key: not null, Json: null }).Select(r => AddressOf(r.Key!)).OfType<uint>()]);
    }

    /// <inheritdoc/>
    public Task<ListPage<Reservation>> PageAsync(ListQuery query, CancellationToken cancellation) => _list.PageAsync(query, cancellation);

    /// <inheritdoc/>
    public async Task<long> CountAsync(CancellationToken cancellation)
    {
        await using var connection = await database.ConnectAsync(cancellation);
        return await connection.ExecuteScalarAsync<long>(
            new CommandDefinition("SELECT count(*) FROM reservation", cancellationToken: cancellation));
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

        return new Reservation
        {
            // In a list it stays what the database sorts by.
            Addr = AddressOf(key) is { } number ? IPv4.Format(number) : key.Length > 0 ? key : AddrOf(json),
            Validated = false,
            Available = false,
            Errors = ["the stored object is damaged: it has not the shape of a reservation"],
        };
    }

    private static string AddrOf(string json)
        => (JsonNode.Parse(json) as JsonObject)?["Addr"] is JsonValue value && value.TryGetValue<string>(out var text) ? text : "";

    private static uint? AddressOf(string key)
        => IPv4.TryParseHex(key, out var address) ? address : null;
}
