using System.Globalization;
using Anvil.Contracts;
using Anvil.Contracts.Catalog;
using Anvil.Contracts.Files;
using Anvil.Objects.Access;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Files;
using Microsoft.Extensions.Options;

namespace Anvil.Objects.Verbs;

/// <summary>
/// Uploaded files and ISOs (DRP's `/files` and `/isos`). The catalog says which there are, one truth for all silos; their contents are
/// kept by their hashes, and come from another silo where this one lacks one.
/// </summary>
public sealed class FileVerbs(
    ICatalog catalog, GrainFinder grains, IBlobStore store, IBlobFetcher fetcher, IArchives archives, IExplosionDirectory explosions,
    ChangeAllowance allowance, IOptions<FilesOptions> options, TimeProvider time) : IDisposable
{
    /// <summary>How long a content is waited for that another silo has.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Octets that are written between two looks at what is left of the disk.</summary>
    private const long Unlooked = 16L << 20;

    private const int Piece = 128 << 10;

    private readonly Shares _uploads = new(FileBounds.Uploads);
    private readonly SemaphoreSlim _exploding = new(FileBounds.ExplodedAtOnce, FileBounds.ExplodedAtOnce);

    /// <summary>Words of a list.</summary>
    public static VerbWords ListWords { get; } = new("path");

    /// <summary>Words of an upload, and of the question how far one is.</summary>
    public static VerbWords UploadWords { get; } = new("explode", "sha256", "size", "offset") { HasVersion = true };

    /// <summary>Words of one file.</summary>
    public static VerbWords OneWords { get; } = new("sha256", "size") { HasVersion = true };

    /// <summary>The path as DRP names it in answers: that of a file with a slash at its beginning.</summary>
    public static string Named(string kind, string path) => kind == UploadedFile.Kind ? "/" + path : path;

    /// <summary>Names in a folder, sorted; folders with a slash behind.</summary>
    /// <exception cref="ApiException">403; 404: there is no such folder.</exception>
    public ObjectAnswer List(string kind, ObjectRequest request)
    {
        var folder = request.Word("path").Trim('/');
        if (folder == ".") folder = "";
        Require(kind, "list", folder, request);
        return FilePaths.Listing(catalog.Current.OfKind(kind).Keys, folder) is { } names ? ObjectAnswer.Of(names)
            : throw new ApiException(new ApiError("", "", "API ERROR",
                [$"list: error listing {kind}: no folder {PrintableText.Of(ShortText.Of(folder, FileBounds.LongestPath))}"], 404));
    }

    /// <summary>A file.</summary>
    /// <exception cref="ApiException">404.</exception>
    public StoredFile Find(string kind, string path, string type, ObjectRequest request)
    {
        Require(kind, "get", path, request);
        return catalog.Current.OfKind(kind).GetValueOrDefault(path) is StoredFile { Validated: true } file ? file
            : throw new ApiException(new ApiError(kind, Named(kind, path), type, ["Not a regular file"], 404));
    }

    /// <summary>The content of a file, from its beginning.</summary>
    /// <exception cref="ApiException">503: the silos that have it do not answer, or it takes longer.</exception>
    public async Task<FileStream> OpenAsync(StoredFile file, string type, CancellationToken cancellation)
    {
        if (Whole(file) is { } here) return here;
        var why = await fetcher.EnsureAsync(file.Sha256, file.Size, Patience, cancellation);
        return Whole(file) ?? throw new ApiException(new ApiError(file.Prefix, Named(file.Prefix, file.Path), type,
            [$"the content of {file.Path} is not on this silo: {why}"], 503));
    }

    /// <summary>A content that is not as long as the catalog says is damaged, and as good as not here.</summary>
    private FileStream? Whole(StoredFile file) => store.LengthOf(file.Sha256) == file.Size ? store.Open(file.Sha256) : null;

    /// <inheritdoc/>
    public void Dispose() => _exploding.Dispose();

    /// <summary>Refuses who may not upload, before anything of what it sends is looked at.</summary>
    /// <exception cref="ApiException">403.</exception>
    public static void RequireUpload(string kind, string path, ObjectRequest request) => Require(kind, "post", path, request);

    /// <summary>How many octets are here of an upload that was broken off: where to go on.</summary>
    /// <exception cref="ApiException">400, 403.</exception>
    public long Offset(string kind, string path, ObjectRequest request)
    {
        Require(kind, "post", path, request);
        var upload = new FileUpload(kind, path, Stream.Null, null);
        var terms = Terms(upload, request, "HEAD");
        if (!terms.IsResumable) throw Refused(upload, 400, "HEAD", "sha256 and size of the whole are needed");
        return store.Unfinished(request.Principal.Name, terms.KeyOf(upload));
    }

    /// <summary>Takes a file. It is there, whole, when it is answered 201; until then what was there stays.</summary>
    /// <exception cref="ApiException">400, 403, 409, 412, 413, 429, 507.</exception>
    public async Task<ObjectAnswer> UploadAsync(FileUpload upload, ObjectRequest request, CancellationToken cancellation)
    {
        Require(upload.Kind, "post", upload.Path, request);
        var terms = Terms(upload, request, "POST");
        Check(upload, terms, request);
        allowance.Take(request.Principal, upload.Kind, upload.Path);
        using var place = Place(upload, request.Principal);
        await CheckSilosAsync(upload, request);
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        ends.CancelAfter(FileBounds.LongestUpload);
        try
        {
            return await TakeAsync(upload, terms, request, ends.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw Refused(upload, 408, "POST", $"the upload was not here after {FileBounds.LongestUpload.TotalHours:0} hours");
        }
    }

    private async Task<ObjectAnswer> TakeAsync(FileUpload upload, UploadTerms terms, ObjectRequest request, CancellationToken cancellation)
    {
        await using var draft = terms.IsResumable
            ? store.Resume(request.Principal.Name, terms.KeyOf(upload), FileBounds.Unfinished) : store.Begin();
        if (draft is null)
            throw Refused(upload, 409, "POST",
                $"File already uploading, or {FileBounds.Unfinished} others of the same user are not whole yet");
        if (draft.Length != terms.Offset)
            throw Refused(upload, 409, "POST", $"{draft.Length} octets are here: go on with offset={draft.Length}");
        var copied = await CopyAsync(upload, draft, terms, cancellation);
        if (upload.Length is { } length && copied != length)
        {
            if (!terms.IsResumable) throw Refused(upload, 400, "POST", $"{length} bytes expected, but only {copied} bytes received");
        }

        if (draft.Length < (terms.Size ?? draft.Length))
            return ObjectAnswer.Of(new UnfinishedBlob(upload.Named, terms.Size!.Value, draft.Length), 202);
        var sha256 = await draft.HashAsync(cancellation);
        if (terms.Sha256.Length > 0 && sha256 != terms.Sha256)
        {
            draft.Discard();
            throw Refused(upload, 400, "POST", $"the SHA-256 of what came is {sha256}, not {terms.Sha256}: nothing is stored");
        }

        return await StoreAsync(upload, draft, sha256, request, cancellation);
    }

    /// <summary>Removes a file.</summary>
    /// <exception cref="ApiException">403, 404, 412.</exception>
    public async Task<ObjectAnswer> DeleteAsync(string kind, string path, ObjectRequest request, CancellationToken cancellation)
    {
        Require(kind, "delete", path, request);
        var missing = new ApiException(new ApiError(kind, Named(kind, path), "DELETE",
            [kind == UploadedFile.Kind ? "Unable to delete" : "no such iso"], 404));
        if (catalog.Current.OfKind(kind).GetValueOrDefault(path) is not StoredFile file) throw missing;
        var terms = request.Terms(Conditioned(file, "DELETE", request));
        allowance.Take(request.Principal, kind, path);
        var answer = await GrainCalls.ActAsync(() => grains.Catalog.Remove(new CatalogRemoval(kind, path, terms)));
        if (answer.Error is { Code: 404 }) throw missing;
        if (answer.Error is { } error) throw new ApiException(error);
        await catalog.AtLeastAsync(answer.Revision, cancellation);
        return ObjectAnswer.Empty;
    }

    /// <summary>How far edges are with ISOs.</summary>
    /// <exception cref="ApiException">403.</exception>
    public async Task<ObjectAnswer> ExplosionsAsync(ObjectRequest request, CancellationToken cancellation)
    {
        Require(UploadedIso.Kind, "list", "", request);
        var reports = await explosions.ReportsAsync(cancellation);
        return ObjectAnswer.Of(reports.OrderBy(r => r.Report.Folder, StringComparer.Ordinal).ThenBy(r => r.Edge, StringComparer.Ordinal)
            .Select(r => new
            {
                r.Edge,
                r.Report.Iso,
                r.Report.Sha256,
                r.Report.Folder,
                r.Report.State,
                r.Report.Percent,
                r.Report.Octets,
                r.Report.Size,
                r.Report.Files,
                r.Report.Reason,
            }));
    }

    /// <summary>Rights are on a path as it is, or as DRP writes it, with a slash before it.</summary>
    private static bool May(string kind, string action, string path, ObjectRequest request)
        => request.Principal.May(kind, action, "*") || request.Principal.May(kind, action, path)
            || request.Principal.May(kind, action, "/" + path);

    private static void Require(string kind, string action, string path, ObjectRequest request)
    {
        if (!May(kind, action, path, request)) throw request.Refusal(kind, action, path.Length == 0 ? "*" : path);
    }

    private static ApiException Refused(FileUpload upload, int status, string type, string why)
        => new(new ApiError(upload.Kind, upload.Named, type, [why], status));

    private static UploadTerms Terms(FileUpload upload, ObjectRequest request, string type)
    {
        var sha256 = request.Word("sha256");
        var read = sha256.Length == 0 ? "" : Sha256Text.Read(sha256) ?? throw Refused(upload, 400, type, "sha256 is 64 digits in hex");
        long? Number(string word)
            => request.Word(word) is not { Length: > 0 } text ? null
                : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
                : throw Refused(upload, 400, type, $"{word} is a number of octets");
        var terms = new UploadTerms(read, Number("size"), Number("offset") ?? 0);
        if (terms.Offset > 0 && !terms.IsResumable)
            throw Refused(upload, 400, type, "an upload goes on at an offset where sha256 and size of the whole are given");
        if (terms.Size is { } size && size < terms.Offset + (upload.Length ?? 0))
            throw Refused(upload, 400, type, "there are more octets than size says");
        return terms;
    }

    /// <summary>The revision that a change is made upon; null where no condition was given.</summary>
    /// <exception cref="ApiException">412.</exception>
    private long? Conditioned(StoredFile? file, string type, ObjectRequest request)
    {
        if (file is null && request.IfMatch.IsGiven)
            throw new ApiException(new ApiError("", request.Place, type, ["there is no such file (If-Match)"], 412));
        // None of whichever version is there where none may be.
        if (file is null) return request.IfNoneMatch.IsGiven ? 0 : null;
        if (!request.IfMatch.Allows(file.Sha256))
            throw new ApiException(new ApiError(file.Prefix, Named(file.Prefix, file.Path), type,
                ["the file has changed since (If-Match)"], 412));
        if (request.IfNoneMatch.IsGiven && request.IfNoneMatch.Has(file.Sha256))
            throw new ApiException(new ApiError(file.Prefix, Named(file.Prefix, file.Path), type,
                ["the file is there, or has this content (If-None-Match)"], 412));
        return request.IfMatch.IsGiven ? catalog.Current.RevisionOf(file.Prefix, file.Path) : null;
    }

    /// <summary>Refuses what would be refused at its end, before it comes.</summary>
    private void Check(FileUpload upload, UploadTerms terms, ObjectRequest request)
    {
        if (upload.Path.Length == 0 || upload.Path.EndsWith('/')) throw Refused(upload, 403, "POST", "Cannot upload a directory");
        var problem = upload.Kind == UploadedIso.Kind && upload.Path.Contains('/', StringComparison.Ordinal)
            ? "the name of an ISO has no slashes" : FilePaths.Problem(upload.Path);
        if (problem is not null) throw Refused(upload, 400, "POST", problem);
        if (upload.Kind != UploadedFile.Kind && request.Flag("explode"))
            throw Refused(upload, 400, "POST", "an ISO is exploded where a boot environment names it: explode is a word of files");
        var all = catalog.Current.OfKind(upload.Kind);
        var old = all.GetValueOrDefault(upload.Path) as StoredFile;
        Conditioned(old, "POST", request);
        if (old is null && FilePaths.InTheWay(all.Keys, upload.Path) is { } other)
            throw Refused(upload, 409, "POST", $"Cannot create {upload.Path}: {other} is in its way");
        if (old is null && all.Count >= FileBounds.Most)
            throw Refused(upload, 507, "POST", $"there are {FileBounds.Most} {upload.Kind} already: delete some");
        var here = terms.IsResumable ? store.Unfinished(request.Principal.Name, terms.KeyOf(upload)) : 0;
        CheckRoom(upload, terms.Size ?? upload.Length ?? 0, here, old);
    }

    /// <param name="upload">The upload.</param>
    /// <param name="size">Octets that it comes to.</param>
    /// <param name="here">How many of them the disk has already.</param>
    /// <param name="old">What it takes the place of.</param>
    private void CheckRoom(FileUpload upload, long size, long here, StoredFile? old)
    {
        var settings = options.Value;
        if (size > settings.UploadMiB << 20)
            throw Refused(upload, 413, "POST", $"an upload has at most {settings.UploadMiB} MiB (Files:UploadMiB)");
        var sum = catalog.Current.OfKind(UploadedFile.Kind).Values.Concat(catalog.Current.OfKind(UploadedIso.Kind).Values)
            .Sum(f => ((StoredFile)f).Size) - (old?.Size ?? 0) + Math.Max(0, store.UnfinishedOctets - here);
        if (sum + size > settings.TotalMiB << 20)
            throw Refused(upload, 507, "POST",
                $"files and ISOs have at most {settings.TotalMiB} MiB in all (Files:TotalMiB), and take {sum >> 20} MiB: delete some");
        if (size - here > store.Room) throw NoRoom(upload);
    }

    /// <summary>What all silos have to know is asked before it comes: nothing is changed by it.</summary>
    private async Task CheckSilosAsync(FileUpload upload, ObjectRequest request)
    {
        var answer = await GrainCalls.ActAsync(() => grains.Catalog.MergeAll(new CatalogMerge(upload.Kind, [], [], request.Terms())));
        if (answer.Error is { Code: 404 })
            throw Refused(upload, 503, "POST",
                $"a silo of this cluster is of a version without {upload.Kind}: ask again when all silos are upgraded");
        if (answer.Error is { } error) throw new ApiException(error with { Key = upload.Named, Type = "POST" });
    }

    private static ApiException NoRoom(FileUpload upload)
        => Refused(upload, 507, "POST", "the disk of this gateway has too little left: what it has is kept for the database");

    private IDisposable Place(FileUpload upload, Principal principal)
    {
        if (_uploads.TryTake([(principal.Name, FileBounds.UploadsOfOne)], out var full) is { } place) return place;
        throw Refused(upload, 429, "POST", full?.Length > 0
            ? $"{FileBounds.UploadsOfOne} uploads of the same user go on already: one more when one of them is over"
            : $"{FileBounds.Uploads} uploads go on already: one more when one of them is over");
    }

    private async Task<long> CopyAsync(FileUpload upload, IBlobDraft draft, UploadTerms terms, CancellationToken cancellation)
    {
        var most = Math.Min(terms.Size ?? long.MaxValue, options.Value.UploadMiB << 20);
        var (piece, copied, looked) = (new byte[Piece], 0L, Unlooked);
        while (await upload.Content.ReadAsync(piece, cancellation) is var read and > 0)
        {
            if (draft.Length + read > most)
            {
                draft.Discard();
                throw terms.Size is { } size && size <= options.Value.UploadMiB << 20
                    ? Refused(upload, 400, "POST", $"there are more than the {size} octets that size says")
                    : Refused(upload, 413, "POST", $"an upload has at most {options.Value.UploadMiB} MiB (Files:UploadMiB)");
            }

            if ((looked += read) >= Unlooked)
            {
                looked = 0;
                if (store.Room == 0) throw NoRoom(upload);
            }

            try
            {
                await draft.WriteAsync(piece.AsMemory(0, read), cancellation);
            }
            catch (IOException)
            {
                throw NoRoom(upload);
            }

            copied += read;
        }

        return copied;
    }

    private async Task<ObjectAnswer> StoreAsync(FileUpload upload, IBlobDraft draft, string sha256, ObjectRequest request,
        CancellationToken cancellation)
    {
        var holds = new List<IDisposable>();
        var isInDoubt = false;
        try
        {
            var old = catalog.Current.OfKind(upload.Kind).GetValueOrDefault(upload.Path) as StoredFile;
            CheckRoom(upload, draft.Length, draft.Length, old);
            holds.Add(await draft.StoreAsync(sha256, cancellation));
            var now = time.GetUtcNow();
            var written = new List<Document> { Of(upload.Kind, upload.Path, draft.Length, sha256, now) };
            if (request.Flag("explode")) await ExplodeAsync(upload, sha256, written, holds, request, cancellation);
            var terms = request.Terms(Conditioned(old, "POST", request));
            isInDoubt = true;
            var answer = await GrainCalls.ActAsync(() => grains.Catalog.MergeAll(new CatalogMerge(upload.Kind, written, [], terms)));
            isInDoubt = answer.Error is null or { Code: >= 500 };
            if (answer.Error is { } error) throw new ApiException(error with { Key = upload.Named, Type = "POST" });
            // What is held until then is named by the catalog that this silo goes by.
            await catalog.AtLeastAsync(answer.Revision, CancellationToken.None);
            isInDoubt = false;
            return ObjectAnswer.Of(new BlobInfo(upload.Named, draft.Length), 201);
        }
        finally
        {
            var given = isInDoubt ? Task.Delay(FileBounds.HeldInDoubt, time, CancellationToken.None) : Task.CompletedTask;
            _ = GiveBackAsync(holds, given);
        }
    }

    /// <summary>
    /// What the catalog may have come to name without anybody being told is held until this silo has surely heard of it.
    /// </summary>
    private static async Task GiveBackAsync(List<IDisposable> holds, Task given)
    {
        await given;
        foreach (var hold in holds) hold.Dispose();
    }

    /// <summary>The files of an archive become files beside it; links, and what is no file, are left out.</summary>
    private async Task ExplodeAsync(FileUpload upload, string sha256, List<Document> written, List<IDisposable> holds,
        ObjectRequest request, CancellationToken cancellation)
    {
        var slash = upload.Path.LastIndexOf('/');
        var folder = upload.Path[..(slash + 1)];
        var (names, sum) = (new HashSet<string>(StringComparer.Ordinal) { upload.Path }, 0L);
        await _exploding.WaitAsync(cancellation);
        try
        {
            await foreach (var entry in archives.ReadAsync(store.PathOf(sha256)!, cancellation))
            {
                if (entry.Kind != ArchiveEntryKind.File) continue;
                var path = folder + entry.Path;
                if (!names.Add(path)) throw new ArchiveFaultException($"{path} is there twice");
                if (FilePaths.Problem(path) is { } problem) throw new ArchiveFaultException($"{path}: {problem}");
                if (names.Count > FileBounds.ExplodedFiles + 1)
                    throw new ArchiveFaultException($"it has more than {FileBounds.ExplodedFiles} files");
                Require(upload.Kind, "post", path, request);
                await using var file = store.Begin();
                await CopyAsync(upload with { Content = entry.Content }, file, new UploadTerms("", null, 0), cancellation);
                sum += file.Length;
                CheckRoom(upload, sum, sum, null);
                var hash = await file.HashAsync(cancellation);
                holds.Add(await file.StoreAsync(hash, cancellation));
                written.Add(Of(upload.Kind, path, file.Length, hash, time.GetUtcNow()));
            }
        }
        catch (Exception e) when (e is ArchiveFaultException or EndOfStreamException or InvalidDataException)
        {
            throw Refused(upload, 400, "POST", $"{upload.Path} cannot be exploded: {PrintableText.Of(ShortText.Of(e.Message, 500))}");
        }
        finally
        {
            _exploding.Release();
        }
    }

    private static StoredFile Of(string kind, string path, long size, string sha256, DateTimeOffset at)
        => kind == UploadedFile.Kind ? new UploadedFile { Path = path, Size = size, Sha256 = sha256, Time = at }
            : new UploadedIso { Path = path, Size = size, Sha256 = sha256, Time = at };
}
