using System.Text.Json;

namespace Anvil.Bench.Peers;

/// <summary>Kea's DHCPv4 server with memfile: leases in memory and, not fsynced, in a file; two threads; no clean-up of the
/// file.</summary>
/// <param name="host">Where it runs.</param>
/// <param name="folder">Folder for its folder.</param>
/// <param name="reserved">MAC addresses with a host reservation in memory, each with a boot file of its own.</param>
internal sealed class Kea(NetworkNamespace host, string folder, IReadOnlyList<string>? reserved = null)
    : Service(host, folder, "Kea")
{
    private readonly string _program = PeerPrograms.Find("kea-dhcp4", "kea-dhcp4-server");

    /// <summary>Where leases are kept instead of a file; null: in the file.</summary>
    public KeaDatabase? Database { get; init; }

    private string ConfigFile => Path.Combine(Folder, "kea.json");

    /// <inheritdoc/>
    protected override void Prepare()
    {
        Environment["KEA_PIDFILE_DIR"] = Folder;
        Environment["KEA_LOCKFILE_DIR"] = Folder;
        var config = new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["Dhcp4"] = new Dictionary<string, object>(StringComparer.Ordinal)
            {
                ["interfaces-config"] = Map(("interfaces", new[] { "eth0" }), ("dhcp-socket-type", "udp")),
                ["lease-database"] = Database is null
                    ? Map(("type", "memfile"), ("persist", true), ("name", Path.Combine(Folder, "leases.csv")), ("lfc-interval", 0))
                    : Map(("type", "postgresql"), ("host", Database.Host), ("name", Database.Name), ("user", Database.User),
                        ("password", "")),
                ["multi-threading"] = Map(("enable-multi-threading", true), ("thread-pool-size", 2), ("packet-queue-size", 64)),
                ["valid-lifetime"] = 4000,
                ["host-reservation-identifiers"] = new[] { "hw-address" },
                ["reservations-global"] = false,
                ["reservations-in-subnet"] = reserved is not null,
                ["next-server"] = Link.ServerAddress,
                ["boot-file-name"] = "undionly.kpxe",
                ["subnet4"] = new[]
                {
                    Map(("id", 1), ("subnet", Link.Subnet),
                        ("pools", new[] { Map(("pool", $"{Link.PoolFirst} - {Link.PoolLast}")) }),
                        ("reservations", (reserved ?? []).Select(m => Map(("hw-address", m), ("boot-file-name", $"{m}.efi"))).ToArray())),
                },
                ["loggers"] = new[]
                {
                    Map(("name", "kea-dhcp4"), ("severity", "ERROR"), ("output_options", new[] { Map(("output", "stdout")) })),
                },
            },
        };
        File.WriteAllText(ConfigFile, JsonSerializer.Serialize(config));
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<string> Command() => [_program, "-c", ConfigFile];

    /// <inheritdoc/>
    protected override Task<bool> IsReadyAsync(CancellationToken cancellation) => Task.FromResult(ListensOnUdp(67));

    private static Dictionary<string, object> Map(params (string Key, object Value)[] values)
        => values.ToDictionary(v => v.Key, v => v.Value, StringComparer.Ordinal);
}
