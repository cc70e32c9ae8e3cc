using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Anvil.Contracts.Events;
using Anvil.Contracts.Subnets;
using Anvil.Storage;

namespace Anvil.Silo.Tests.Killed;

/// <summary>A silo that is killed once a number of writes was confirmed, while others are under way; and its store, read beside
/// it.</summary>
internal sealed class KillRun(SiloProgram silo, Database database, IEventStore events, ILeaseStore leases)
{
    private int _left;
    private ILookup<(string Type, string Key), string> _told = Array.Empty<StoredEvent>().ToLookup(e => (e.Type, e.Key), e => e.Action);

    /// <summary>The silo.</summary>
    public SiloProgram Silo => silo;

    /// <summary>Its leases.</summary>
    public ILeaseStore Leases => leases;

    /// <summary>Its database.</summary>
    public Database Database => database;

    /// <summary>True once the silo was killed: nobody begins a further write.</summary>
    public bool IsOver => Volatile.Read(ref _left) <= 0;

    /// <summary>Lets writes begin; after so many confirmed ones the silo is killed.</summary>
    public void Begin(int writes) => Volatile.Write(ref _left, writes);

    /// <summary>A write was confirmed.</summary>
    public void Confirmed()
    {
        if (Interlocked.Decrement(ref _left) == 0) silo.Kill();
    }

    /// <summary>Asks; null when the silo died before it answered.</summary>
    public async Task<(int Status, JsonNode? Body)?> AskAsync(string method, string path, string? body = null,
        string type = "application/json")
    {
        if (await TextAsync(method, path, body, type) is not var (status, text)) return null;
        return (status, text.Length == 0 ? null : JsonNode.Parse(text));
    }

    /// <summary>Asks; null when the silo died before it answered.</summary>
    public async Task<(int Status, string Text)?> TextAsync(string method, string path, string? body = null,
        string type = "application/json")
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            request.Content.Headers.ContentType = new MediaTypeHeaderValue(type);
        }

        try
        {
            using var answer = await silo.Http.SendAsync(request);
            return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
        }
        catch (HttpRequestException) when (IsOver)
        {
            return null;
        }
    }

    /// <summary>Reads while the silo lives.</summary>
    public async Task<JsonNode?> ReadAsync(string path)
    {
        var (status, body) = (await AskAsync("GET", path))!.Value;
        Assert.True(status is 200 or 404, $"GET {path}: {status} {body?.ToJsonString()}");
        return status == 404 ? null : body;
    }

    /// <summary>Reads all events anew.</summary>
    public async Task ReadEventsAsync()
    {
        var all = new List<StoredEvent>();
        var place = default(EventPlace);
        while (await events.ReadAsync(place, 5000, CancellationToken.None) is { Count: > 0 } next)
        {
            all.AddRange(next);
            place = next[^1].Place;
        }

        _told = all.ToLookup(e => (e.Type, e.Key), e => e.Action);
    }

    /// <summary>What the events tell of an object, in their order.</summary>
    public IReadOnlyList<string> Told(string type, string key) => [.. _told[(type, key)]];
}
