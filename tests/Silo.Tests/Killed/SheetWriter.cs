using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Anvil.Silo.Tests.Killed;

/// <summary>
/// Imports sheets of some machines with addresses, each sheet thrice: the second time with another description, and the third time each
/// machine passes its address on in a ring, which is one step.
/// </summary>
internal sealed class SheetWriter(KillRun run) : IKillWriter
{
    private const int Rows = 5;

    /// <summary>The version that moves the addresses on.</summary>
    private const int Ring = 3;

    private int _sheet;
    private int _version;
    private bool _isUnderWay;

    /// <inheritdoc/>
    public string Kind => "sheets";

    /// <inheritdoc/>
    public int Confirmed { get; private set; }

    /// <inheritdoc/>
    public string UnderWay => _isUnderWay ? Kind : "";

    /// <inheritdoc/>
    public async Task StepAsync()
    {
        (_sheet, _version) = _version == Ring ? (_sheet + 1, 1) : (_sheet, _version + 1);
        _isUnderWay = true;
        await ImportAsync();
    }

    /// <inheritdoc/>
    public async Task CheckAsync()
    {
        if (_isUnderWay)
        {
            for (var row = 0; row < Rows; row++)
            {
                var machine = await run.ReadAsync($"machines/Name:{Name(_sheet, row)}");
                var reservation = await run.ReadAsync($"reservations/{Address(_sheet, row)}");
                Assert.True(machine is not null || _version == 1, $"{Name(_sheet, row)} is gone");
                Assert.True(machine is null || reservation is not null, $"{Name(_sheet, row)} has no reservation");
                if (machine is not null)
                    Assert.InRange(int.Parse(machine["Description"]!.ToString(), CultureInfo.InvariantCulture), _version - 1, _version);
            }

            if (_version == Ring)
            {
                var moved = 0;
                for (var row = 0; row < Rows; row++)
                {
                    var address = (await run.ReadAsync($"machines/{Mac(_sheet, row)}"))!["Address"]!.ToString();
                    var token = (await run.ReadAsync($"reservations/{Address(_sheet, row, Ring)}"))!["Token"]!.ToString();
                    Assert.Equal(address == Address(_sheet, row, Ring), token == Mac(_sheet, row));
                    if (token == Mac(_sheet, row)) moved++;
                }

                Assert.True(moved is 0 or Rows, $"{moved} of {Rows} machines of a ring have moved");
            }

            // Who got no answer imports the same sheet again.
            Assert.True(await ImportAsync(), "the silo ended");
            await run.ReadEventsAsync();
        }

        for (var sheet = 0; sheet <= _sheet && _version > 0; sheet++)
        {
            var version = sheet < _sheet ? Ring : _version;
            for (var row = 0; row < Rows; row++)
            {
                var machine = (await run.ReadAsync($"machines/{Mac(sheet, row)}"))!;
                Assert.Equal((Name(sheet, row), $"{version}"), (machine["Name"]!.ToString(), machine["Description"]!.ToString()));
                Assert.Equal(Mac(sheet, row),
                    (await run.ReadAsync($"reservations/{Address(sheet, row, version)}"))!["Token"]!.ToString());
                Assert.Equal(["create", .. Enumerable.Repeat("update", version - 1)], run.Told("machines", machine["Uuid"]!.ToString()));
                Assert.Equal(version == Ring ? ["create", "delete", "create"] : ["create"],
                    run.Told("reservations", $"0AC8{sheet:X2}{row + 1:X2}"));
            }
        }
    }

    private async Task<bool> ImportAsync()
    {
        var text = new StringBuilder("Name,MACs,Address,BootEnv,Description\n");
        for (var row = 0; row < Rows; row++)
        {
            text.Append(CultureInfo.InvariantCulture,
                $"{Name(_sheet, row)},{Mac(_sheet, row)},{Address(_sheet, row, _version)},local,{_version}\n");
        }

        if (await run.AskAsync("POST", "machines/import", text.ToString(), "text/csv") is not var (status, body)) return false;
        Assert.True(status == 200 && body!["Failed"]!.GetValue<int>() == 0, $"sheet {_sheet}: {status} {body?.ToJsonString()}");
        _isUnderWay = false;
        Confirmed++;
        run.Confirmed();
        return true;
    }

    private static string Name(int sheet, int row) => $"sheet-{sheet}-{row}";

    private static string Mac(int sheet, int row) => $"02:0d:00:00:{sheet:x2}:{row:x2}";

    private static string Address(int sheet, int row, int version = 1) => $"10.200.{sheet}.{((row + version / Ring) % Rows) + 1}";
}
