using System.CommandLine;

namespace Anvil.Cli;

/// <summary>The command line `anvil`.</summary>
public static class AnvilCommand
{
    /// <summary>All commands.</summary>
    public static RootCommand Build(TimeProvider time)
    {
        var connection = new Connection();
        var root = new RootCommand("Anvil: bare-metal provisioning") { connection.Server, connection.Key, connection.Token,
            connection.Pin, connection.Authority, connection.Insecure, connection.Json };
        root.Subcommands.Add(new MachineCommands(connection, time).Build());
        foreach (var command in new NetworkCommands(connection, time).Build().Concat(new SheetCommands(connection).Build()))
            root.Subcommands.Add(command);
        return root;
    }
}
