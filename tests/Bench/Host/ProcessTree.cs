namespace Anvil.Bench.Host;

/// <summary>A process and all that come from it, as proc(5) shows them.</summary>
internal sealed class ProcessTree(int root)
{
    private const double TicksPerSecond = 100;

    /// <summary>Processor time, user and system, of the processes that live and of those that they have waited for, in seconds.</summary>
    public double CpuSeconds() => Living().Sum(f => f[11..15].Sum(t => double.Parse(t, CultureInfo.InvariantCulture))) / TicksPerSecond;

    /// <summary>Processor time of each process that lives, its own alone, in seconds, by its id and start.</summary>
    public IEnumerable<(string Process, double Seconds)> OwnSeconds()
        => Living(withId: true).Select(f => ($"{f[^1]}@{f[19]}",
            f[11..13].Sum(t => double.Parse(t, CultureInfo.InvariantCulture)) / TicksPerSecond));

    /// <summary>Processor time of the threads of a name, of the processes that live, in seconds.</summary>
    /// <param name="name">At most the 15 characters that the kernel keeps.</param>
    public double SecondsOfThreads(string name)
    {
        var ticks = 0.0;
        foreach (var process in Living(withId: true))
        {
            var tasks = $"/proc/{process[^1]}/task";
            if (!Directory.Exists(tasks)) continue;
            foreach (var task in Directory.EnumerateDirectories(tasks))
            {
                try
                {
                    var text = File.ReadAllText(Path.Combine(task, "stat"));
                    if (text[(text.IndexOf('(', StringComparison.Ordinal) + 1)..text.LastIndexOf(')')] != name) continue;
                    ticks += text[(text.LastIndexOf(')') + 2)..].Split(' ')[11..13]
                        .Sum(t => double.Parse(t, CultureInfo.InvariantCulture));
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    // It has ended meanwhile.
                }
            }
        }

        return ticks / TicksPerSecond;
    }

    /// <summary>Memory in RAM, in MB.</summary>
    public double ResidentMegabytes()
        => Living().Sum(f => long.Parse(f[21], CultureInfo.InvariantCulture) * Environment.SystemPageSize) / 1e6;

    /// <summary>Fields of /proc/PID/stat, from the third on; behind them the id where it is asked for.</summary>
    private List<string[]> Living(bool withId = false)
    {
        var all = new Dictionary<int, (int Parent, string[] Fields)>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id)) continue;
            try
            {
                var text = File.ReadAllText(Path.Combine(folder, "stat"));
                // The name, in brackets, may hold anything.
                var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
                all[id] = (int.Parse(fields[1], CultureInfo.InvariantCulture), fields);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It has ended meanwhile.
            }
        }

        return all.Keys.Where(IsOurs).Select(id => withId ? [.. all[id].Fields, $"{id}"] : all[id].Fields).ToList();

        bool IsOurs(int id)
        {
            while (id != root && all.TryGetValue(id, out var process)) id = process.Parent;
            return id == root;
        }
    }
}
