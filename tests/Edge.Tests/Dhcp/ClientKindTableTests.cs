using System.Text;
using System.Text.Json;
using Anvil.Edge.Dhcp;
using Anvil.Protocols.Dhcp;
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
        => Assert.Equal(expected, Of(rows).Find("02:aa:00:00:00:01", "AcmeOS 4", ["leaf-1"], [0, 0xAB, 7])?.Name);

    [Fact]
    public void AUsersRowsGoBeforeAnvilsOwnAndAChangeHolds()
    {
        Assert.Equal("U-Boot", Of("[]").Find("02:aa:00:00:00:01", "U-Boot.armv8", [], [])?.Name);
        Assert.Equal("mine",
            Of("""[{"Name":"mine","VendorClass":"U-Boot.armv8"}]""").Find("02:aa:00:00:00:01", "U-Boot.armv8", [], [])?.Name);
        Assert.Equal("U-Boot", _table.Of(new CatalogSnapshot(1, [])).Find("02:aa:00:00:00:01", "U-Boot.armv8", [], [])?.Name);
    }

    [Fact]
    public void ARowSaysWhatIsBooted()
    {
        var row = Of("""[{"Name":"board","Macs":["02:aa"],"File":"grubaa64.efi"}]""").Find("02:aa:00:00:00:01", "", [], []);
        var client = BootClient.From("PXEClient:Arch:00011:UNDI:003000", isIpxe: false, new HashSet<byte>(), [0, 11], row);
        Assert.Equal((ClientKind.Pxe, 11, "grubaa64.efi"), (client.Kind, client.Architecture, client.File));
    }

    /// <summary>Option 77 as most clients send it, and as RFC 3004 has it: one class of several is enough.</summary>
    [Theory]
    [InlineData("69505845", true, "other")]
    [InlineData("0469505845", true, "other")]
    [InlineData("046c656166" + "0469505845", true, "leaf")]
    [InlineData("0469505845" + "056c6561662d", true, "leaf")]
    [InlineData("046c65616600", false, "leaf")]
    [InlineData("6c6561662d37", false, "leaf")]
    [InlineData("056c656166", false, "other")]
    [InlineData("0969505845", false, "other")]
    [InlineData("00", false, "other")]
    [InlineData("", false, "other")]
    public void EachUserClassIsTried(string option, bool isIpxe, string row)
    {
        var kinds = Of("""[{"Name":"leaf","UserClass":"leaf"},{"Name":"other","VendorClass":"PXEClient"}]""");
        var client = DhcpHandler.ClientOf(Request(Convert.FromHexString(option)), kinds);
        Assert.Equal((isIpxe ? ClientKind.LimitedIpxe : ClientKind.Pxe, row), (client.Kind, client.Row?.Name));
    }

    /// <summary>IOS XR calls itself a PXE ROM while it asks for its configuration; its iPXE does boot.</summary>
    [Theory]
    [InlineData("exr-config", ClientKind.None)]
    [InlineData("\u000aexr-config", ClientKind.None)]
    [InlineData("xr-config", ClientKind.None)]
    [InlineData("iPXE", ClientKind.LimitedIpxe)]
    [InlineData("config", ClientKind.Pxe)]
    public void ACiscoDeviceThatAsksForItsConfigurationIsNoPxeRom(string userClass, ClientKind kind)
        => Assert.Equal(kind, DhcpHandler.ClientOf(Request(Encoding.Latin1.GetBytes(userClass)), ClientKinds.BuiltIn).Kind);

    private static DhcpMessage Request(byte[] userClass) => new()
    {
        Op = 1,
        HardwareAddress = [2, 0xAA, 0, 0, 0, 1],
        Options = [KeyValuePair.Create<byte, byte[]>(53, [1]),
            KeyValuePair.Create((byte)60, Encoding.ASCII.GetBytes("PXEClient:Arch:00009:UNDI:003010:PID:NCS-5001")),
            KeyValuePair.Create<byte, byte[]>(93, [0, 9]), KeyValuePair.Create((byte)77, userClass)],
    };

    private ClientKinds Of(string rows) => _table.Of(new CatalogSnapshot(1,
    [
        new Profile
        {
            Name = Profile.Global,
            Params = new Dictionary<string, JsonElement>(StringComparer.Ordinal) { [ClientKinds.Param] = JsonElement.Parse(rows) },
        },
    ]));
}
