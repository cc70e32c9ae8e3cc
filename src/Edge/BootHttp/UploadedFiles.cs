using System.Net;
using Anvil.Contracts.Catalog;
using Anvil.Contracts.Files;
using Anvil.Provisioning.Files;

namespace Anvil.Edge.BootHttp;

/// <summary>
/// Uploaded files and ISOs as boot files below `files/` and `isos/`, before what lies in the file root at the same path. Which content one
/// has is the catalog's to say; a content that this edge lacks comes from another silo.
/// </summary>
public sealed class UploadedFiles(ICatalog catalog, IBlobStore store, IBlobFetcher fetcher)
{
    /// <summary>How long a client is kept waiting for a content of another silo.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>Requests that wait for contents of other silos, in all.</summary>
    public const int MostWaiting = 64;

    /// <summary>Those by UDP, which anybody can send in another's name.</summary>
    public const int MostByUdp = 32;

    /// <summary>Those of one address.</summary>
    public const int MostOfOne = 4;

    private readonly Lock _gate = new();
    private readonly Dictionary<(IPAddress Client, bool IsUdp), int> _waiting = [];

    /// <summary>True when there is such a file.</summary>
    /// <param name="path">A normalized path below the file root.</param>
    public bool Has(string path) => Find(path) is not null;

    /// <summary>The content of a file, open; null where there is none of it, or not here.</summary>
    /// <param name="path">A normalized path below the file root.</param>
    public FileStream? Open(string path) => Find(path) is { } file && IsWhole(file) ? store.Open(file.Sha256) : null;

    /// <summary>Sees to it that the content of a file is here, where there is such a file.</summary>
    /// <param name="path">A normalized path below the file root.</param>
    /// <param name="client">Who asks for it.</param>
    /// <param name="isUdp">It asks by UDP.</param>
    /// <param name="patience">How long it may take; with none it is not even begun.</param>
    /// <param name="cancellation">The client is gone.</param>
    /// <exception cref="FileElsewhereException">It is not here yet; with the reason.</exception>
    public async Task ReadyAsync(string path, IPAddress client, bool isUdp, TimeSpan patience, CancellationToken cancellation)
    {
        if (Find(path) is not { } file || IsWhole(file)) return;
        var why = patience == TimeSpan.Zero ? "it is on another silo"
            : !Enter((client, isUdp)) ? "too many wait for files of other silos: try again in a moment"
            : await WaitAsync(file, (client, isUdp), patience, cancellation);
        if (why.Length > 0) throw new FileElsewhereException(path, $"{path} was uploaded, and is not on this edge: {why}");
    }

    private async Task<string> WaitAsync(StoredFile file, (IPAddress Client, bool IsUdp) client, TimeSpan patience,
        CancellationToken cancellation)
    {
        try
        {
            return await fetcher.EnsureAsync(file.Sha256, file.Size, patience, cancellation);
        }
        finally
        {
            lock (_gate)
            {
                if (--_waiting[client] == 0) _waiting.Remove(client);
            }
        }
    }

    /// <summary>Each that waits keeps a content coming, for which another one may have to go.</summary>
    private bool Enter((IPAddress Client, bool IsUdp) client)
    {
        lock (_gate)
        {
            var own = _waiting.GetValueOrDefault(client);
            if (own == MostOfOne || _waiting.Values.Sum() >= MostWaiting) return false;
            if (client.IsUdp && _waiting.Where(w => w.Key.IsUdp).Sum(w => w.Value) >= MostByUdp) return false;
            _waiting[client] = own + 1;
            return true;
        }
    }

    /// <summary>A content that is not as long as the catalog says is damaged, and as good as not here.</summary>
    private bool IsWhole(StoredFile file) => store.LengthOf(file.Sha256) == file.Size;

    private StoredFile? Find(string path)
    {
        var slash = path.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0 || path[..slash] is not (UploadedFile.Kind or UploadedIso.Kind)) return null;
        return catalog.Current.OfKind(path[..slash]).GetValueOrDefault(path[(slash + 1)..]) as StoredFile is { Validated: true } file
            ? file : null;
    }
}

/// <summary>A file that there is, and whose content is not on this edge now.</summary>
public sealed class FileElsewhereException(string path, string message) : Exception(message)
{
    /// <summary>Its path below the file root.</summary>
    public string Path { get; } = path;
}
