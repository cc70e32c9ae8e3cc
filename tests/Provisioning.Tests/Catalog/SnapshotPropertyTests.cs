using System.Text.Json;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Network;

namespace Anvil.Provisioning.Tests.Catalog;

/// <summary>A snapshot that was made step by step is the one that would have been made from nothing.</summary>
public sealed class SnapshotPropertyTests
{
    private const int Steps = 60;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public void AnySequenceOfChangesGivesWhatBuildingFromScratchGives(int seed)
    {
        var random = new Random(seed);
        var content = Enumerable.Range(0, 8).Select(_ => RandomDocument(random, broken: false) with { ReadOnly = true, Bundle = "pack" })
            .DistinctBy(d => (d.Prefix, d.Key)).Select(d => new CatalogEntry(d)).ToList();
        var stored = new Dictionary<DocumentKey, CatalogEntry>();
        var catalog = CatalogSnapshot.Of(content);
        for (var step = 1; step <= Steps; step++)
        {
            var written = new Dictionary<DocumentKey, CatalogEntry>();
            var removed = new HashSet<DocumentKey>();
            for (var i = random.Next(1, 5); i > 0; i--)
            {
                if (random.Next(3) == 0 && stored.Count > 0)
                {
                    var gone = stored.Keys.ElementAt(random.Next(stored.Count));
                    if (!written.ContainsKey(gone)) removed.Add(gone);
                    continue;
                }

                var document = RandomDocument(random, broken: true);
                var entry = new CatalogEntry(document, step, random.Next(12) == 0 ? "it is damaged" : "");
                if (entry.Fault.Length > 0) entry = entry with { Document = CatalogRules.Stored[document.Prefix].Empty(document.Key) };
                if (!removed.Contains(entry.Key)) written[entry.Key] = entry;
            }

            foreach (var key in removed) stored.Remove(key);
            foreach (var (key, entry) in written) stored[key] = entry;
            var isWhole = random.Next(10) == 0;
            catalog = catalog.With(
                new CatalogDelta(step, [.. isWhole ? stored.Values : written.Values], isWhole ? [] : [.. removed], isWhole));
            var scratch = CatalogSnapshot.Of(content)
                .With(new CatalogDelta(step, [.. stored.Values.OrderBy(_ => random.Next())], [], IsWhole: true));
            Assert.Equal(Told(scratch, stored.Keys), Told(catalog, stored.Keys));
        }
    }

    /// <summary>All that can be asked of a snapshot, as text.</summary>
    private static string Told(CatalogSnapshot catalog, IEnumerable<DocumentKey> stored)
    {
        var lines = CatalogRules.Stored.Keys.Order(StringComparer.Ordinal)
            .SelectMany(k =>
                catalog.OfKind(k).Values.Select(
                    d => $"{k} {JsonSerializer.Serialize(d, d.GetType(), Json.Options)} {string.Join(',', catalog.Uses(k, d.Key))}"))
                        .ToList();
        lines.AddRange(stored.OrderBy(k => k).Select(k => $"{k} {catalog.RevisionOf(k.Prefix, k.Key)}"));
        foreach (var address in Addresses) lines.Add($"{IPv4.Format(address)} {catalog.SubnetOf(address)?.Name}");
        foreach (var name in catalog.TemplateSet.Names.Order(StringComparer.Ordinal))
            lines.Add($"{name} {catalog.TemplateSet.OwnerOf(name)} {catalog.TemplateSet.Execute(name, null)}");
        lines.AddRange(catalog.Prefs.All.Select(p => $"{p.Key}={p.Value}"));
        return string.Join('\n', lines);
    }

    private static IEnumerable<uint> Addresses => Enumerable.Range(0, 64).Select(i => 0x0A000000u + ((uint)i * 16));

    private static Document RandomDocument(Random random, bool broken)
    {
        string Name() => "n" + random.Next(5);
        IReadOnlyList<TemplateInfo> Files() => random.Next(2) == 0 ? [] : [new TemplateInfo { Name = "ipxe", Path = "p", ID = Name() }];
        // A text that defines its own name does not parse.
        string Piece(string id) => Name() is var name && (broken || name != id) ? name : "piece";
        Template Text(string id) => new()
        {
            ID = id,
            Contents = random.Next(6) == 0 && broken
                ? "{{" : $"t{random.Next(9)}{(random.Next(2) == 0 ? $"{{{{define \"{Piece(id)}\"}}}}d{random.Next(9)}{{{{end}}}}" : "")}",
        };
        return random.Next(8) switch
        {
            0 => Text(Name()),
            1 => new TaskDefinition { Name = Name(), Prerequisites = [Name()], Templates = Files() },
            2 => new BootEnv
            {
                Name = Name(),
                OnlyUnknown = random.Next(3) == 0,
                Kernel = random.Next(2) == 0 ? "k" : "",
                Templates = Files()
            },
            3 => new Stage
            {
                Name = Name(),
                BootEnv = random.Next(2) == 0 ? "" : Name(),
                Tasks = [Name()],
                Profiles = [Name()],
                Templates = Files()
            },
            4 => new Workflow { Name = Name(), Stages = [Name(), Name()] },
            5 => new Profile { Name = Name() },
            6 => new Subnet { Name = Name(), Network = $"10.0.{random.Next(4)}.{16 * random.Next(16)}/{random.Next(20, 29)}" },
            _ => new Pref
            {
                Name = new[] { "defaultBootEnv", "defaultStage", "defaultWorkflow", "unknownBootEnv" }[random.Next(4)],
                Val = Name()
            },
        };
    }
}
