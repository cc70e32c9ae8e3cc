using System.Security.Cryptography;
using Anvil.Contracts.Files;
using Anvil.Grains.Files;
using Anvil.Storage.Files;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Anvil.Grains.Tests.Files;

/// <summary>What an edge keeps of contents where it cannot keep all, and a gateway, which keeps all.</summary>
public sealed class BlobRoomTests : IDisposable
{
    private const int MiB = 1 << 20;
    private static readonly CancellationToken None = CancellationToken.None;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("anvil-room-");
    private readonly FakeTimeProvider _time = new();
    private readonly BlobStore _store;

    public BlobRoomTests() => _store = new BlobStore(_folder.FullName, 0, _time);

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task WhatWasNotAskedForForLongestGoesFirst()
    {
        var room = Room(isKeeper: false, most: 3);
        List<string> kept = [await AddAsync(), await AddAsync(), await AddAsync()];
        await _store.Open(kept[0])!.DisposeAsync();
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.False(room.Fits(MiB, 3 * MiB));
        Assert.True(room.Fits(MiB, 2 * MiB));
        Assert.NotNull(Made(room, MiB));
        Assert.Equal([kept[0], kept[2]], _store.List().OrderBy(b => kept.IndexOf(b.Sha256)).Select(b => b.Sha256));
        Assert.NotNull(Made(room, 3 * MiB));
        Assert.Empty(_store.List());
        Assert.Null(room.MakeFor(4 * MiB));
    }

    /// <summary>Two that come at once have not the same room.</summary>
    [Fact]
    public async Task WhatComesHasItsRoom()
    {
        var room = Room(isKeeper: false, most: 3);
        await AddAsync();
        using (var coming = room.MakeFor(2 * MiB)!)
        {
            Assert.False(room.Fits(1, MiB));
            Assert.Null(room.MakeFor(2 * MiB));
            // What has no room in any case costs nothing of what is there.
            Assert.Single(_store.List());
            coming.Wrote(MiB);
            Assert.Equal(MiB, coming.Left);
        }

        Assert.True(room.Fits(2 * MiB, MiB));
        var keeper = Room(isKeeper: true, most: 0);
        using (keeper.MakeFor(_store.Room - (64L << 20))) Assert.Null(keeper.MakeFor(_store.Room - (64L << 20)));
    }

    [Fact]
    public async Task AGatewayGivesNothingUp()
    {
        var room = Room(isKeeper: true, most: 1);
        await AddAsync();
        await AddAsync();
        Assert.NotNull(room.MakeFor(10 * MiB));
        Assert.Null(room.MakeFor(long.MaxValue));
        Assert.Equal(2, _store.List().Count);
    }

    private static BlobComing? Made(BlobRoom room, long octets)
    {
        using var coming = room.MakeFor(octets);
        return coming;
    }

    private BlobRoom Room(bool isKeeper, long most) => new(_store, Options.Create(new FilesOptions { CacheMiB = most }), isKeeper);

    private async Task<string> AddAsync()
    {
        await using var draft = _store.Begin();
        await draft.WriteAsync(RandomNumberGenerator.GetBytes(MiB), None);
        var sha256 = await draft.HashAsync(None);
        using (await draft.StoreAsync(sha256, None))
        {
            _time.Advance(TimeSpan.FromMinutes(1));
            return sha256;
        }
    }
}
