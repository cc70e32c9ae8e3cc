using System.CommandLine;

namespace Anvil.Cli;

/// <summary>`anvil leases` and `anvil subnets`.</summary>
internal sealed class NetworkCommands(Connection connection, TimeProvider time) : CommandGroup(connection)
{
    /// <summary>The commands.</summary>
    public IEnumerable<Command> Build()
    {
        var leases = new Command("leases", "Lists the leases");
        Act(leases, (_, api, output, cancellation) => output.ListAsync(
            api.ListAsync("leases", cancellation),
            ("Address", l => l.Text("Addr")), ("MAC", l => l.Text("Token")), ("State", l => l.Text("State")),
            ("Ends", l => Ends(l.Text("ExpireTime"))), ("Via", l => l.Text("Via"))));

        var subnets = new Command("subnets", "Lists the subnets");
        Act(subnets, (_, api, output, cancellation) => output.ListAsync(
            api.ListAsync("subnets", cancellation),
            ("Name", s => s.Text("Name")), ("Network", s => s.Text("Subnet")),
            ("Serves", s => s.Text("Enabled") != "true"
                ? "nobody new" : s.Text("Proxy") == "true"
                    ? "boot answers beside another DHCP server" : s.Text("OnlyReservations") == "true" ? "reservations" : "everybody"),
            ("From", s => s.Text("ActiveStart")), ("To", s => s.Text("ActiveEnd")), ("Lease", s => s.Text("ActiveLeaseTime") + " s"),
            ("Next server", s => s.Text("NextServer"))));
        return [leases, subnets];
    }

    private string Ends(string at)
        => DateTimeOffset.TryParse(at, System.Globalization.CultureInfo.InvariantCulture, out var end)
            ? (end > time.GetUtcNow() ? "in " : "over since ") + Fields.Ago(at, time.GetUtcNow()) : "";
}
