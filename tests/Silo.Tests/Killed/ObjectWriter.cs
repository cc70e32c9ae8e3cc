using System.Text.Json.Nodes;

namespace Anvil.Silo.Tests.Killed;

/// <summary>Makes objects of a kind, changes each twice, and deletes every other one.</summary>
internal sealed class ObjectWriter(KillRun run, ObjectKindCase kind, int client) : IKillWriter
{
    private const int LastVersion = 3;
    private readonly List<WrittenObject> _objects = [new(0)];

    /// <inheritdoc/>
    public string Kind => kind.Kind;

    /// <inheritdoc/>
    public int Confirmed { get; private set; }

    /// <inheritdoc/>
    public string UnderWay
        => Last is { Pending: { } version } ? $"{kind.Kind} {(version == 0 ? "delete" : Last.Version == 0 ? "create" : "update")}" : "";

    private WrittenObject Last => _objects[^1];

    /// <inheritdoc/>
    public async Task StepAsync()
    {
        var isOver = Last.Version == 0 ? Last.Told.Count > 0 : Last.Version == LastVersion && Last.Number % 2 == 0;
        if (isOver) _objects.Add(new WrittenObject(Last.Number + 1));
        var (number, version) = (Last.Number, Last.Version == LastVersion ? 0 : Last.Version + 1);
        var path = $"{kind.Kind}/{Key(Last)}";
        var description = $$"""{"op":"replace","path":"/Description","value":"{{version}}"}""";
        Last.Begin(version);
        var answer = version switch
        {
            0 => await run.AskAsync("DELETE", path),
            1 => await run.AskAsync("POST", kind.Kind,
                $$"""{"{{kind.KeyField}}":"{{Key(Last)}}","Description":"1"{{kind.Fields(client, number, 1)}}}"""),
            _ => await run.AskAsync("PATCH", path, $"[{description}{kind.Patch(client, number, version)}]"),
        };
        if (answer is not var (status, body)) return;
        Assert.True(status is 200 or 201, $"{UnderWay} {path}: {status} {body?.ToJsonString()}");
        Last.Done();
        Confirmed++;
        run.Confirmed();
    }

    /// <inheritdoc/>
    public async Task CheckAsync()
    {
        var listed = ((JsonArray)(await run.ReadAsync(kind.Kind))!).ToDictionary(o => o![kind.KeyField]!.ToString(),
            StringComparer.Ordinal);
        foreach (var one in _objects)
        {
            var key = Key(one);
            var shown = listed.GetValueOrDefault(key);
            var version = shown is null ? 0
                : int.Parse(shown["Description"]!.ToString(), System.Globalization.CultureInfo.InvariantCulture);
            Assert.True(version == one.Version || version == one.Pending,
                $"{kind.Kind}/{key} has version {version}, not {one.Version} or {one.Pending}");
            if (one.Pending is not null && version != one.Version) one.Done();
            one.Undone();
            Assert.Equal(one.Told, run.Told(kind.Kind, kind.EventKey(key)));
            if (!one.IsFresh) continue;
            one.IsFresh = false;
            var read = await run.ReadAsync($"{kind.Kind}/{key}");
            Assert.True(JsonNode.DeepEquals(read, shown),
                $"{kind.Kind}/{key}: the list shows {shown?.ToJsonString()}, and alone it is {read?.ToJsonString()}");
            if (kind.Kind == "machines") await CheckIndexesAsync(one);
        }
    }

    /// <summary>By its names and MAC addresses a machine is found where it has them, and nothing where it had them.</summary>
    private async Task CheckIndexesAsync(WrittenObject one)
    {
        for (var version = 1; version <= LastVersion; version++)
        {
            var wanted = version == one.Version ? Key(one) : null;
            foreach (var index in new[] { ObjectKindCase.MachineMac(client, one.Number, version),
                "Name:" + ObjectKindCase.MachineName(client, one.Number, version) })
                Assert.Equal(wanted, (await run.ReadAsync($"machines/{index}"))?["Uuid"]?.ToString());
        }

        var lines = one.Version == 0 ? [] : (JsonArray)(await run.ReadAsync($"machines/{Key(one)}/timeline"))!;
        Assert.InRange(lines.Count(l => l!["What"]!.ToString().StartsWith("created by", StringComparison.Ordinal)), 0, 1);
    }

    private string Key(WrittenObject one) => kind.Key(client, one.Number);
}
