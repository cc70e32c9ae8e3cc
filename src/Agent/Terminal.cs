namespace Anvil.Agent;

/// <summary>Every console of the machine, screen and serial: says at each moment what the agent does and what it waits for.</summary>
public sealed class Terminal : IDisposable
{
    private readonly List<StreamWriter> _outputs = [];
    private readonly Lock _writing = new();
    private string _last = "";

    private Terminal()
    {
    }

    /// <summary>The consoles that the kernel was given.</summary>
    public static Terminal OfMachine()
    {
        var terminal = new Terminal();
        foreach (var name in Text("/sys/class/tty/console/active").Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            try
            {
                terminal._outputs.Add(
                    new StreamWriter(
                        new FileStream("/dev/" + name, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
                    {
                        AutoFlush = true,
                        NewLine = "\r\n"
                    });
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // A console that does not open shows nothing; the others do.
            }
        }

        if (terminal._outputs.Count == 0) terminal._outputs.Add(new StreamWriter(Console.OpenStandardOutput()) { AutoFlush = true });
        return terminal;
    }

    /// <summary>Shows a line; the same line again is not shown twice in a row.</summary>
    public void Say(string line)
    {
        lock (_writing)
        {
            if (line == _last) return;
            _last = line;
            foreach (var output in _outputs)
            {
                try
                {
                    output.WriteLine($"[anvil {Environment.TickCount64 / 1000.0:F1}] {Printable(line)}");
                }
                catch (IOException)
                {
                    // A hung-up console must not stop the machine.
                }
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var output in _outputs) output.Dispose();
    }

    /// <summary>What a server says in an error shall not steer the console.</summary>
    private static string Printable(string line)
        => new([.. line.Select(c => char.IsControl(c) && c is not ('\t' or '\n') ? '\uFFFD' : c)]);

    private static string Text(string path) => File.Exists(path) ? File.ReadAllText(path).Trim() : "";
}
