using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using Anvil.Bench;
using Anvil.Bench.Cases;
using Anvil.Support;

var (json, svg, drp, isQuick, isList, runs, words, kept) = ("", "", "", false, false, 0, new List<string>(), new List<string>());
for (var i = 0; i < args.Length; i++)
{
    switch (args[i])
    {
        case "--json" when i + 1 < args.Length: json = args[++i]; break;
        case "--svg" when i + 1 < args.Length: svg = args[++i]; break;
        case "--kept" when i + 1 < args.Length: kept.Add(args[++i]); break;
        case "--drp" when i + 1 < args.Length: drp = Path.GetFullPath(args[++i]); break;
        case "--runs" when i + 1 < args.Length && int.TryParse(args[i + 1], CultureInfo.InvariantCulture, out runs) && runs > 0:
            i++;
            break;
        case "--quick": isQuick = true; break;
        case "--list": isList = true; break;
        case var word when !word.StartsWith('-'): words.Add(word); break;
        default:
            await Console.Error.WriteLineAsync($"what is {args[i]}? See ./bench --help");
            return 2;
    }
}

var folder = Path.Combine(BenchOptions.Repository, ".cache", $"bench-{Environment.ProcessId}");
var options = new BenchOptions(isQuick, runs > 0 ? runs : isQuick ? 1 : 5, drp, folder);
using var machines = new KnownMachines(options);
IBenchCase[] all =
[
    new DhcpCase(), new DhcpKnownCase(machines), new ScriptCase(machines), new HttpCase(), new ApiCase(), new TftpCase(),
    new DhcpRestCase(), new StartCase(machines), new DhcpLatencyCase(), new RenderCase(), new DhcpFillCase(), new DhcpPostgresCase(),
    new JobsCase(), new StormCase(), new SilosCase(), new CatalogCase(),
];
if (isList)
{
    foreach (var one in all) Console.WriteLine($"{one.Name,-12} {one.About}");
    return 0;
}

var lines = new List<BenchLine>();
try
{
    foreach (var file in kept) lines.AddRange(BenchLine.FromJson(await File.ReadAllTextAsync(file)));
}
catch (Exception e) when (e is IOException or JsonException)
{
    await Console.Error.WriteLineAsync(e.Message);
    return 2;
}

if (kept.Count > 0 && words.Count == 0)
{
    Report();
    return 0;
}

if (words.FirstOrDefault(w => !all.Any(c => string.Equals(c.Name, w, StringComparison.Ordinal))) is { } unknown)
{
    await Console.Error.WriteLineAsync($"{unknown} is no case; ./bench --list tells them");
    return 2;
}

using var stop = new CancellationTokenSource();
using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Cancel);
using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Cancel);
var isKept = lines.Count;
Directory.CreateDirectory(folder);
// A run that was killed could remove nothing.
foreach (var left in Directory.EnumerateDirectories(Path.GetDirectoryName(folder)!, "bench-*"))
{
    if (int.TryParse(Path.GetFileName(left).Split('-')[1], CultureInfo.InvariantCulture, out var id) && !Directory.Exists($"/proc/{id}"))
        Directory.Delete(left, recursive: true);
}

try
{
    foreach (var one in all.Where(
        c => words.Count == 0 ? c is not CatalogCase || !isQuick : words.Contains(c.Name, StringComparer.Ordinal)))
    {
        var began = Stopwatch.GetTimestamp();
        try
        {
            await foreach (var line in one.RunAsync(options, stop.Token))
            {
                Console.WriteLine(line);
                lines.Add(line);
            }
        }
        catch (Exception e) when (e is SetupException or HttpRequestException or IOException or System.Net.Sockets.SocketException)
        {
            lines.Add(BenchLine.Skipped(one.Name, e.Message));
            Console.WriteLine(lines[^1]);
        }

        await Console.Error.WriteLineAsync($"{one.Name}: {Stopwatch.GetElapsedTime(began).TotalSeconds:F0} s");
    }
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    await Console.Error.WriteLineAsync("stopped");
}
finally
{
    if (json.Length > 0) await File.WriteAllTextAsync(json, BenchLine.ToJson([.. lines.Skip(isKept)]));
    Directory.Delete(folder, recursive: true);
}

Report();
return stop.IsCancellationRequested ? 130 : 0;

void Report()
{
    Console.Write($"\n{Table.Of(lines)}");
    if (svg.Length == 0) return;
    foreach (var file in Picture.Write(lines, svg)) Console.Error.WriteLine($"drawn: {file}");
}

void Cancel(PosixSignalContext context)
{
    context.Cancel = true;
    stop.Cancel();
}
