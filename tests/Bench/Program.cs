using Anvil.Bench;
using Anvil.Provisioning.Documents;

var json = "";
var cases = new List<string>();
for (var i = 0; i < args.Length; i++)
{
    if (args[i] == "--json" && i + 1 < args.Length) json = args[++i];
    else cases.Add(args[i]);
}

if (cases is not ["catalog"])
{
    await Console.Error.WriteLineAsync("usage: ./bench catalog [--json FILE]");
    return 2;
}

var lines = new List<BenchLine>();
await foreach (var line in CatalogBench.RunAsync())
{
    Console.WriteLine(line);
    lines.Add(line);
}

if (json.Length > 0) await File.WriteAllTextAsync(json, Json.Write(lines));
return 0;
