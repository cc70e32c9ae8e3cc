using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Lists;
using Anvil.Provisioning.Network;

namespace Anvil.Provisioning.Catalog.Kinds;

/// <summary>Reservations (DRP's Reservation).</summary>
internal sealed class ReservationKind() : CatalogKind<Reservation>("reservations", "Addr")
{
    /// <inheritdoc/>
    public override bool IsRows => true;

    /// <inheritdoc/>
    public override IReadOnlyList<Reference> References { get; } =
    [
        new("Subnet", "subnets", d => d is Reservation { Scoped: true } scoped ? [scoped.Subnet] : [])
        {
            Noun = "Subnet",
            Where = ("Scoped", "true"),
            // By its address, as people know it.
            InUse = (user, key) => $"Reservation {((Reservation)user).Addr} is scoped for Subnet {key}, cannot delete.",
        },
    ];

    /// <inheritdoc/>
    protected override IReadOnlyDictionary<string, FieldKind> FieldKinds { get; }
        = new Dictionary<string, FieldKind>(StringComparer.Ordinal)
        {
            ["Addr"] = FieldKind.Address,
            ["NextServer"] = FieldKind.Address,
            ["Token"] = FieldKind.Mac,
        };

    /// <inheritdoc/>
    public override Reservation Empty(string key)
        => new()
        {
            Addr = uint.TryParse(key, System.Globalization.NumberStyles.AllowHexSpecifier, null, out var address)
            ? IPv4.Format(address) : key
        };

    /// <summary>A scoped one belongs to the subnet that holds its address.</summary>
    public override Document Settle(Document document, CatalogSnapshot catalog)
        => document is Reservation { Scoped: true } scoped && IPv4.TryParse(scoped.Addr, out var address)
            ? scoped with { Subnet = catalog.SubnetOf(address)?.Name ?? "" }
            : document;

    /// <inheritdoc/>
    protected override Reservation Fill(Reservation document) => ReservationRules.Filled(document);

    /// <summary>What breaks a rule but for other reservations: their writer looks those up.</summary>
    protected override IEnumerable<string> Problems(Reservation document, Reservation? old, CatalogSnapshot catalog)
        => ReservationRules.Problems(document, old, IPv4.TryParse(document.Addr, out var address) ? catalog.SubnetOf(address) : null,
            new ReservationBook());
}
