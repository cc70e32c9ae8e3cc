using System.Security.Cryptography;
using Anvil.Contracts.Files;
using Anvil.Storage.Files;

namespace Anvil.Storage.Tests.Files;

/// <summary>Contents on a disk.</summary>
public sealed class BlobStoreTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly byte[] Content = RandomNumberGenerator.GetBytes(100_000);
    private static readonly string Hash = Convert.ToHexStringLower(SHA256.HashData(Content));
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("anvil-blobs-");
    private readonly BlobStore _store;

    public BlobStoreTests() => _store = Store();

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task WhatIsStoredIsWholeAndWhatIsNotStoredIsGone()
    {
        await using (var draft = _store.Begin())
        {
            await draft.WriteAsync(Content.AsMemory(0, 40_000), None);
            Assert.Null(_store.LengthOf(Hash));
            await draft.WriteAsync(Content.AsMemory(40_000), None);
            Assert.Equal(Hash, await draft.HashAsync(None));
            using var hold = await draft.StoreAsync(Hash, None);
            // Whoever put it there has not told of it yet.
            Assert.Equal(0, _store.Remove(Hash));
        }

        await using (var other = _store.Begin()) await other.WriteAsync(new byte[10], None);
        Assert.Equal([Hash], _store.List().Select(b => b.Sha256));
        await using (var file = _store.Open(Hash)!)
        {
            var read = new byte[Content.Length];
            await file.ReadExactlyAsync(read, None);
            Assert.Equal(Content, read);
        }

        Assert.Equal(0, _store.Remove(Hash, () => true));
        Assert.Equal(Content.Length, _store.Remove(Hash, () => false));
        Assert.Null(_store.Open(Hash));
        Assert.Empty(Directory.EnumerateFiles(_folder.FullName, "*.part", SearchOption.AllDirectories));
    }

    [Theory]
    [InlineData("")]
    [InlineData("../secret-key")]
    [InlineData(".drafts")]
    public void NothingButAHashIsAContent(string name)
    {
        Assert.Null(_store.Open(name));
        Assert.Null(_store.LengthOf(name));
        Assert.Null(_store.PathOf(name));
        Assert.Equal(0, _store.Remove(name));
    }

    [Fact]
    public async Task WhatBrokeOffIsGoneOnWithAlsoByTheNextProcess()
    {
        await using (var first = _store.Resume("me", "x", 2)!)
        {
            await first.WriteAsync(Content.AsMemory(0, 30_000), None);
            Assert.Null(_store.Resume("me", "x", 2));
        }

        var next = Store();
        Assert.Equal(30_000, next.Unfinished("me", "x"));
        Assert.Equal(0, next.Unfinished("you", "x"));
        await using var second = next.Resume("me", "x", 2)!;
        Assert.Equal(30_000, second.Length);
        await second.WriteAsync(Content.AsMemory(30_000), None);
        Assert.Equal(Hash, await second.HashAsync(None));
        using var hold = await second.StoreAsync(Hash, None);
        Assert.Equal(0, next.Unfinished("me", "x"));
    }

    [Fact]
    public async Task OneOwnerHasSoManyThatAreNotWhole()
    {
        foreach (var key in new[] { "a", "b" })
        {
            await using var draft = _store.Resume("me", key, 2)!;
            await draft.WriteAsync(new byte[1], None);
        }

        Assert.Null(_store.Resume("me", "c", 2));
        await using var again = _store.Resume("me", "a", 2);
        await using var other = _store.Resume("you", "c", 2);
        Assert.NotNull(again);
        Assert.NotNull(other);
    }

    [Fact]
    public async Task WhatAProcessLeftIsCleanedByTheNext()
    {
        await using var kept = _store.Resume("me", "kept", 2)!;
        await kept.WriteAsync(new byte[5], None);
        var abandoned = Path.Combine(_folder.FullName, ".drafts", "x.part");
        await File.WriteAllTextAsync(abandoned, "x", None);
        await using var begun = _store.Begin();
        _store.Clean(DateTimeOffset.UtcNow.AddDays(-1));
        Assert.False(File.Exists(abandoned));
        Assert.Equal(5, _store.Unfinished("me", "kept"));
        await begun.WriteAsync(Content, None);
        using var hold = await begun.StoreAsync(await begun.HashAsync(None), None);
        // Its writer is there: by its age alone it would go.
        _store.Clean(DateTimeOffset.UtcNow.AddDays(1));
        Assert.Equal(5, _store.Unfinished("me", "kept"));
        Store().Clean(DateTimeOffset.UtcNow.AddDays(1));
        Assert.Equal(0, _store.Unfinished("me", "kept"));
    }

    /// <summary>Whoever can put a link in the folder reads and writes no file elsewhere by it.</summary>
    [Fact]
    public async Task NoLinkInAContentsPlaceIsFollowed()
    {
        var secret = Path.Combine(_folder.FullName, "secret");
        await File.WriteAllTextAsync(secret, "the secret key", None);
        var place = Path.Combine(_folder.FullName, Hash);
        File.CreateSymbolicLink(place, secret);
        Assert.Null(_store.LengthOf(Hash));
        Assert.Null(_store.Open(Hash));
        Assert.Null(_store.PathOf(Hash));
        Assert.Empty(_store.List());
        string unfinished;
        await using (var draft = _store.Resume("me", "x", 2)!)
        {
            await draft.WriteAsync(new byte[1], None);
            unfinished = Directory.EnumerateFiles(Path.Combine(_folder.FullName, ".unfinished")).Single();
        }

        File.Delete(unfinished);
        File.CreateSymbolicLink(unfinished, secret);
        Assert.Equal(0, _store.Unfinished("me", "x"));
        Assert.Throws<IOException>(() => _store.Resume("me", "x", 2));
        // The content itself takes the link's place.
        await using (var draft = _store.Begin())
        {
            await draft.WriteAsync(Content, None);
            using var hold = await draft.StoreAsync(await draft.HashAsync(None), None);
        }

        Assert.Equal(Content.Length, _store.LengthOf(Hash));
        Assert.Equal("the secret key", await File.ReadAllTextAsync(secret, None));
    }

    /// <summary>Whoever removes what nothing names looks once more when nobody can come to name it any more.</summary>
    [Fact]
    public async Task WhatIsNamedMeanwhileIsNotRemoved()
    {
        var asked = 0;
        await using (var draft = _store.Begin())
        {
            await draft.WriteAsync(Content, None);
            using var hold = await draft.StoreAsync(await draft.HashAsync(None), None);
            Assert.Equal(0, _store.Remove(Hash, () => ++asked == 0));
        }

        Assert.Equal(0, asked);
        Assert.Equal(0, _store.Remove(Hash, () => ++asked == 1));
        Assert.True(_store.List().Single().IsOwn);
        Assert.False(Store().List().Single().IsOwn);
        Assert.Equal(Content.Length, _store.Remove(Hash, () => ++asked == 1));
        Assert.Equal(2, asked);
    }

    [Fact]
    public async Task AFolderThatCannotBeMadeHasNoRoomUntilItCan()
    {
        var place = Path.Combine(_folder.FullName, "file");
        await File.WriteAllTextAsync(place, "x", None);
        var store = new BlobStore(place, 0, TimeProvider.System);
        Assert.Equal(0, store.Room);
        Assert.Null(store.LengthOf(Hash));
        Assert.Null(store.Open(Hash));
        File.Delete(place);
        Assert.True(store.Room > 0);
        await using var draft = store.Begin();
    }

    [Fact]
    public void RoomIsWhatTheDiskHasBeyondItsReserve()
    {
        Assert.True(_store.Room > 0);
        Assert.Equal(0, new BlobStore(_folder.FullName, long.MaxValue >> 20, TimeProvider.System).Room);
    }

    private BlobStore Store() => new(_folder.FullName, 0, TimeProvider.System);
}
