using System.Text.Json;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Lists;
using Anvil.Provisioning.Network;
using Dapper;

namespace Anvil.Storage;

/// <summary>Reads stored leases, in either database: by address, in lists, and one subnet's.</summary>
internal sealed class LeaseRows(Database database)
{
    private static readonly DateTimeOffset Never = new(9999, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly ListReader<Lease> _list = new(database, ListTable.Leases, TimeProvider.System)
    {
        // The view writes each with eight digits.
        Read = (json, uuid) => Read(IPv4.TryParseHex(uuid.AsSpan(0, 8), out var address) ? address : 0, json),
    };

    /// <summary>Columns of a row for <see cref="Read(ValueTuple{long, string})"/>.</summary>
    public const string Columns = "address, document";

    /// <summary>A page of a list.</summary>
    public Task<ListPage<Lease>> PageAsync(ListQuery query, CancellationToken cancellation) => _list.PageAsync(query, cancellation);

    /// <summary>The lease at an address: where several subnets have had one, the one that ends last.</summary>
    public async Task<Lease?> FindAsync(uint address, CancellationToken cancellation)
    {
        await using var connection = await database.ConnectAsync(cancellation);
        var rows = await connection.QueryAsync<(long, string)>(new CommandDefinition(
            $"SELECT {Columns} FROM lease WHERE address = @address", new { address = (long)address }, cancellationToken: cancellation));
        return rows.Select(Read).MaxBy(l => l.ExpireTime);
    }

    /// <summary>
    /// The leases that some clients hold. What has run out is stored as held, until somebody else has the address: of a client that is
    /// one, as the rest were ended when it was given the next.
    /// </summary>
    public async Task<IReadOnlyList<Lease>> LiveOfAsync(IReadOnlyCollection<string> tokens, DateTimeOffset now,
        CancellationToken cancellation)
    {
        if (tokens.Count == 0) return [];
        await using var connection = await database.ConnectAsync(cancellation);
        var rows = await connection.QueryAsync<(long, string)>(new CommandDefinition(
            $"SELECT {Columns} FROM lease_held WHERE token IN ({string.Join(", ", tokens.Select((_, i) => $"@t{i}"))})",
            new DynamicParameters(tokens.Select((t, i) => KeyValuePair.Create($"t{i}", (object)t)).ToDictionary()),
            cancellationToken: cancellation));
        return [.. rows.Select(Read).Where(l => l.State == Lease.Ack && l.IsLive(now))];
    }

    /// <summary>
    /// A stored lease. One that cannot be read harms no other: who has its address is not known, so that it is invalid, and given to
    /// nobody until a person deletes it.
    /// </summary>
    public static Lease Read((long Address, string Json) row) => Read((uint)row.Address, row.Json);

    private static Lease Read(uint address, string json)
    {
        try
        {
            if (Json.Read<Lease>(json) is { } read && IPv4.TryParse(read.Addr, out var own) && own == address
                && !read.Options.Contains(null!)
                && read.State is Lease.Offer or Lease.Ack or Lease.Expired or Lease.Invalid or Lease.Fake) return read;
        }
        catch (JsonException)
        {
            // It says what is known of it.
        }

        return new Lease
        {
            Addr = IPv4.Format(address),
            State = Lease.Invalid,
            ExpireTime = Never,
            Errors = ["the stored lease is damaged, so that its address is given to nobody: delete it when nobody uses the address"],
        };
    }
}
