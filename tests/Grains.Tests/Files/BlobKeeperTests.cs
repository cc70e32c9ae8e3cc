using System.Security.Cryptography;
using Anvil.Contracts.Catalog;
using Anvil.Contracts.Files;
using Anvil.Grains.Files;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Files;
using Anvil.Storage.Files;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Anvil.Grains.Tests.Files;

/// <summary>What a silo removes of its contents, and what it does not.</summary>
public sealed class BlobKeeperTests : IDisposable, ICatalog, IBlobFetcher, ILogger<BlobKeeper>
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("anvil-keeper-");
    private readonly BlobStore _store;
    private readonly List<string> _fetched = [];
    private readonly FakeTimeProvider _time = new();
    private readonly TaskCompletionSource _told = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CatalogSnapshot _current = new(1, []);

    public BlobKeeperTests() => _store = new BlobStore(_folder.FullName, 0, TimeProvider.System);

    public CatalogSnapshot Current => Volatile.Read(ref _current);

    public void Dispose() => _folder.Delete(recursive: true);

    public Task<CatalogSnapshot> AtLeastAsync(long revision, CancellationToken cancellation) => Task.FromResult(Current);

    public Task<string> EnsureAsync(string sha256, long size, TimeSpan patience, CancellationToken cancellation)
    {
        lock (_fetched) _fetched.Add(sha256);
        return Task.FromResult("it is not there");
    }

    /// <summary>
    /// An explosion that failed leaves nothing, what somebody else may name stays, and so does what was named a moment ago.
    /// </summary>
    [Fact]
    public async Task WhatThisProcessStoredAndNothingNamesGoesAtOnce()
    {
        var former = await AddAsync(_store);
        var next = new BlobStore(_folder.FullName, 0, TimeProvider.System);
        var (left, named) = (await AddAsync(next), await AddAsync(next));
        // The snapshot that is gone by is the one before.
        _current = new CatalogSnapshot(2, [File("x", named, 1000)]);
        using var keeper = Keeper(next);
        keeper.Follow(new CatalogSnapshot(1, []));
        await keeper.StartAsync(None);
        await Wait.UntilAsync(() => Task.FromResult(next.LengthOf(left) is null), Soon, () => "what a failure left stays");
        await keeper.StopAsync(None);
        Assert.Equal(1000, next.LengthOf(named));
        Assert.Equal(1000, next.LengthOf(former));
    }

    /// <summary>A content that is shorter than the catalog says is fetched anew.</summary>
    [Fact]
    public async Task WhatIsDamagedIsFetched()
    {
        var cut = await AddAsync(_store);
        var whole = await AddAsync(_store);
        _current = new CatalogSnapshot(2, [File("x", cut, 2000), File("y", whole, 1000)]);
        using var keeper = Keeper(_store);
        keeper.Follow(_current);
        await keeper.StartAsync(None);
        await Wait.UntilAsync(() => Task.FromResult(Fetched().Contains(cut)), Soon, () => "what is damaged is not fetched");
        await keeper.StopAsync(None);
        Assert.Equal([cut], Fetched().Distinct(StringComparer.Ordinal));
    }

    /// <summary>Whatever the disk does, the silo goes on: a host stops where one of its services does not catch.</summary>
    [Fact]
    public async Task AFolderThatIsGoneEndsNothing()
    {
        var left = await AddAsync(_store);
        var elsewhere = _folder.FullName + "-away";
        Directory.Move(_folder.FullName, elsewhere);
        using var keeper = Keeper(_store);
        keeper.Follow(_current);
        await keeper.StartAsync(None);
        await _told.Task.WaitAsync(Soon, None);
        Directory.Move(elsewhere, _folder.FullName);
        await Wait.UntilAsync(
            () =>
            {
                _time.Advance(TimeSpan.FromMinutes(1));
                return Task.FromResult(_store.LengthOf(left) is null);
            },
            Soon, () => "it does not go on");
        await keeper.StopAsync(None);
    }

    IDisposable? ILogger.BeginScope<TState>(TState state) => null;

    bool ILogger.IsEnabled(LogLevel logLevel) => true;

    void ILogger.Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception,
        Func<TState, Exception?, string> formatter)
    {
        if (logLevel == LogLevel.Error) _told.TrySetResult();
    }

    private List<string> Fetched()
    {
        lock (_fetched) return [.. _fetched];
    }

    private BlobKeeper Keeper(BlobStore store)
        => new(store, this, new BlobRoom(store, Options.Create(new FilesOptions()), isKeeper: true), () => this, _time, this);

    private static UploadedFile File(string path, string sha256, long size) => new() { Path = path, Sha256 = sha256, Size = size };

    private static async Task<string> AddAsync(BlobStore store)
    {
        await using var draft = store.Begin();
        await draft.WriteAsync(RandomNumberGenerator.GetBytes(1000), None);
        var sha256 = await draft.HashAsync(None);
        using var hold = await draft.StoreAsync(sha256, None);
        return sha256;
    }
}
