using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Network;

namespace Anvil.Provisioning.Catalog.Kinds;

/// <summary>Reservations (DRP's Reservation).</summary>
internal sealed class ReservationKind() : CatalogKind<Reservation>("reservations", "Addr")
{
    /// <summary>The index of clients.</summary>
    public const string Token = "Token";

    /// <inheritdoc/>
    public override IReadOnlyList<Reference> References { get; } = [To("/Subnet", "subnets", "Subnet", r => r.Scoped ? [r.Subnet] : [])];

    /// <inheritdoc/>
    public override IReadOnlyList<FieldIndex> Indexes { get; } = [new(Token, d => [((Reservation)d).Token])];

    /// <inheritdoc/>
    public override Reservation Empty(string key)
        => new() { Addr = uint.TryParse(key, System.Globalization.NumberStyles.AllowHexSpecifier, null, out var address) ? IPv4.Format(address) : key };

    /// <summary>A scoped one belongs to the subnet that holds its address.</summary>
    public override Document Settle(Document document, CatalogSnapshot catalog)
        => document is Reservation { Scoped: true } scoped && IPv4.TryParse(scoped.Addr, out var address)
            ? scoped with { Subnet = catalog.SubnetOf(address)?.Name ?? "" }
            : document;

    /// <inheritdoc/>
    protected override Reservation Fill(Reservation document) => document with
    {
        Strategy = document.Strategy.Length == 0 ? "MAC" : document.Strategy,
        Token = MacAddress.TryNormalize(document.Token, out var mac) ? mac : document.Token,
    };

    /// <inheritdoc/>
    protected override IEnumerable<string> Problems(Reservation document, Reservation? old, CatalogSnapshot catalog)
        => ReservationRules.Problems(document, old, IPv4.TryParse(document.Addr, out var address) ? catalog.SubnetOf(address) : null, catalog);
}
