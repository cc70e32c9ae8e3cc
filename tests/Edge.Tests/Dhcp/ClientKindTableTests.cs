using System.Text.Json;
using Anvil.Edge.Dhcp;
using Anvil.Provisioning.Boot;
using Anvil.Provisioning.Catalog;

namespace Anvil.Edge.Tests.Dhcp;

/// <summary>Kinds of clients as a user adds them, on profile global.</summary>
public sealed class ClientKindTableTests
{
    private readonly ClientKindTable _table = new();

    [Theory]
    [InlineData("""[{"Name":"own","Macs":["02:aa"]}]""", "own")]
    [InlineData("""[{"Name":"own","VendorClass":"Acme","UserClass":"leaf","MachineId":"00AB","Macs":["02:aa","03"]}]""", "own")]
    [InlineData("""[{"Name":"no","VendorClass":"acme"},{"Name":"own","VendorClass":"Acme"},{"Name":"late","VendorClass":"A"}]""", "own")]
    [InlineData("""[{"Name":"all"}]""", null)]
    [InlineData("""[{"Name":"bad","Macs":["02"],"Options":[{"Code":53,"Value":"1"}]},{"Name":"own","Macs":["02"]}]""", "own")]
    [InlineData("""[7,null,{"Name":1},{"Name":"own","VendorClass":"Acme"}]""", "own")]
    [InlineData("""{"Name":"own","VendorClass":"Acme"}""", null)]
    [InlineData("[]", null)]
    public void TheFirstRowThatHoldsCounts(string rows, string? expected)
        => Assert.Equal(expected, Of(rows).Find("02:aa:00:00:00:01", "AcmeOS 4", "leaf-1", [0, 0xAB, 7])?.Name);

    [Fact]
    public void AUsersRowsGoBeforeAnvilsOwnAndAChangeHolds()
    {
        Assert.Equal("U-Boot", Of("[]").Find("02:aa:00:00:00:01", "U-Boot.armv8", "", [])?.Name);
        Assert.Equal("mine",
            Of("""[{"Name":"mine","VendorClass":"U-Boot.armv8"}]""").Find("02:aa:00:00:00:01", "U-Boot.armv8", "", [])?.Name);
        Assert.Equal("U-Boot", _table.Of(new CatalogSnapshot(1, [])).Find("02:aa:00:00:00:01", "U-Boot.armv8", "", [])?.Name);
    }

    [Fact]
    public void ARowSaysWhatIsBooted()
    {
        var row = Of("""[{"Name":"board","Macs":["02:aa"],"File":"grubaa64.efi"}]""").Find("02:aa:00:00:00:01", "", "", []);
        var client = BootClient.From("PXEClient:Arch:00011:UNDI:003000", isIpxe: false, new HashSet<byte>(), [0, 11], row);
        Assert.Equal((ClientKind.Pxe, 11, "grubaa64.efi"), (client.Kind, client.Architecture, client.File));
    }

    private ClientKinds Of(string rows) => _table.Of(new CatalogSnapshot(1,
    [
        new Profile
        {
            Name = Profile.Global,
            Params = new Dictionary<string, JsonElement>(StringComparer.Ordinal) { [ClientKinds.Param] = JsonElement.Parse(rows) },
        },
    ]));
}
