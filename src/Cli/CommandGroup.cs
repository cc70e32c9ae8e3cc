using System.CommandLine;
using System.Text.Json.Nodes;
using Spectre.Console;

namespace Anvil.Cli;

/// <summary>What every group of commands shares: a connection, and where answers go.</summary>
internal abstract class CommandGroup(Connection connection)
{
    /// <summary>Gives a command what it does.</summary>
    protected void Act(Command command, Func<ParseResult, AnvilApi, Output, CancellationToken, Task> act)
        => Act(command, async (parsed, api, output, cancellation) =>
    {
        await act(parsed, api, output, cancellation);
        return 0;
    });

    /// <summary>Gives a command what it does, and its exit code.</summary>
    protected void Act(Command command, Func<ParseResult, AnvilApi, Output, CancellationToken, Task<int>> act)
        => command.SetAction(async (parsed, cancellation) =>
    {
        var text = parsed.InvocationConfiguration.Output;
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(text) });
        // Into a pipe or a file goes as much as there is.
        if (Console.IsOutputRedirected || text != Console.Out) console.Profile.Width = 400;
        try
        {
            using var api = connection.Open(parsed);
            return await act(parsed, api, new Output(console, text, parsed.GetValue(connection.Json)), cancellation);
        }
        catch (CliException e)
        {
            await parsed.InvocationConfiguration.Error.WriteLineAsync("anvil: " + Output.OneLine(e.Message));
            return 1;
        }
        catch (OperationCanceledException)
        {
            return 130;
        }
    });

    /// <summary>A list that was read as a whole.</summary>
    protected static async IAsyncEnumerable<JsonObject> Rows(JsonArray rows)
    {
        await Task.CompletedTask;
        foreach (var row in rows) yield return (JsonObject)row!;
    }
}
