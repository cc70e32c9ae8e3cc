using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Anvil.Silo.Tests.Killed;

/// <summary>Imports sheets of some machines with addresses, each sheet twice: the second time with another description.</summary>
internal sealed class SheetWriter(KillRun run) : IKillWriter
{
    private const int Rows = 5;
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
        (_sheet, _version) = _version == 2 ? (_sheet + 1, 1) : (_sheet, _version + 1);
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

            // Who got no answer imports the same sheet again.
            Assert.True(await ImportAsync(), "the silo ended");
            await run.ReadEventsAsync();
        }

        for (var sheet = 0; sheet <= _sheet && _version > 0; sheet++)
        {
            var version = sheet < _sheet ? 2 : _version;
            for (var row = 0; row < Rows; row++)
            {
                var machine = (await run.ReadAsync($"machines/{Mac(sheet, row)}"))!;
                Assert.Equal((Name(sheet, row), $"{version}"), (machine["Name"]!.ToString(), machine["Description"]!.ToString()));
                Assert.Equal(Mac(sheet, row), (await run.ReadAsync($"reservations/{Address(sheet, row)}"))!["Token"]!.ToString());
                Assert.Equal(version == 1 ? ["create"] : ["create", "update"], run.Told("machines", machine["Uuid"]!.ToString()));
                Assert.Equal(["create"], run.Told("reservations", $"0AC8{sheet:X2}{row + 1:X2}"));
            }
        }
    }

    private async Task<bool> ImportAsync()
    {
        var text = new StringBuilder("Name,MACs,Address,BootEnv,Description\n");
        for (var row = 0; row < Rows; row++)
            text.Append(CultureInfo.InvariantCulture, $"{Name(_sheet, row)},{Mac(_sheet, row)},{Address(_sheet, row)},local,{_version}\n");
        if (await run.AskAsync("POST", "machines/import", text.ToString(), "text/csv") is not var (status, body)) return false;
        Assert.True(status == 200 && body!["Failed"]!.GetValue<int>() == 0, $"sheet {_sheet}: {status} {body?.ToJsonString()}");
        _isUnderWay = false;
        Confirmed++;
        run.Confirmed();
        return true;
    }

    private static string Name(int sheet, int row) => $"sheet-{sheet}-{row}";

    private static string Mac(int sheet, int row) => $"02:0d:00:00:{sheet:x2}:{row:x2}";

    private static string Address(int sheet, int row) => $"10.200.{sheet}.{row + 1}";
}
