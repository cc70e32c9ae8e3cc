namespace Anvil.Gateway.Sheets;

/// <summary>A file that is gone when it is closed, for what is too large for memory and has to be whole before it is read.</summary>
internal sealed class TemporaryFile : IAsyncDisposable
{
    /// <summary>The file, open for reading and writing.</summary>
    public FileStream Stream { get; } = new(
        Path.Combine(Path.GetTempPath(), Path.GetRandomFileName()),
        new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            Options = FileOptions.DeleteOnClose | FileOptions.Asynchronous
        });

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Stream.DisposeAsync();
}
