using System.Globalization;
using Anvil.Storage.Sqlite;
using Orleans;
using Orleans.Runtime;
using Orleans.Storage;

namespace Anvil.Storage.Tests;

/// <summary>States of grains in SQLite, as text.</summary>
internal sealed class SqliteStates(SqliteDatabase database)
{
    private readonly SqliteGrainStorage _storage = new(database, new AsText(), "anvil");

    /// <summary>Writes a state; the version after it, null for a conflict.</summary>
    public async Task<long?> WriteAsync(string ext, string type, long? version, string state)
    {
        var row = new GrainState<Text>(new Text { Value = state }) { ETag = version?.ToString(CultureInfo.InvariantCulture) };
        try
        {
            await _storage.WriteStateAsync(type, Grain(ext), row);
        }
        catch (InconsistentStateException)
        {
            Assert.Equal(version?.ToString(CultureInfo.InvariantCulture), row.ETag);
            return null;
        }

        Assert.True(row.RecordExists);
        return long.Parse(row.ETag!, CultureInfo.InvariantCulture);
    }

    /// <summary>Clears a state; the version after it, null for a conflict.</summary>
    public Task<string?> ClearAsync(string ext, string type, string? version)
        => EndAsync(version, "old", row => _storage.ClearStateAsync(type, Grain(ext), row));

    /// <summary>Writes a last state and clears it; the version after both, null for a conflict.</summary>
    public Task<string?> RemoveAsync(string ext, string type, string? version, string last)
        => EndAsync(version, last, row => _storage.RemoveStateAsync(type, Grain(ext), row));

    /// <summary>A state, null where there is none, and its version, null where there is no row.</summary>
    public async Task<(string? State, string? Version)> ReadAsync(string ext, string type)
    {
        var row = new GrainState<Text>(new Text());
        await _storage.ReadStateAsync(type, Grain(ext), row);
        return (row.RecordExists ? row.State!.Value : null, row.ETag);
    }

    private static async Task<string?> EndAsync(string? version, string state, Func<GrainState<Text>, Task> end)
    {
        var row = new GrainState<Text>(new Text { Value = state }) { ETag = version, RecordExists = true };
        try
        {
            await end(row);
        }
        catch (InconsistentStateException)
        {
            Assert.Equal((version, true, state), (row.ETag, row.RecordExists, row.State!.Value));
            return null;
        }

        Assert.Equal((false, ""), (row.RecordExists, row.State!.Value));
        return row.ETag;
    }

    private static GrainId Grain(string key) => GrainId.Create("test", key);

    private sealed record Text
    {
        public string Value { get; init; } = "";
    }

    private sealed class AsText : IGrainStorageSerializer
    {
        public BinaryData Serialize<T>(T? input) => new(((Text)(object)input!).Value);

        public T Deserialize<T>(BinaryData input) => (T)(object)new Text { Value = input.ToString() };
    }
}
