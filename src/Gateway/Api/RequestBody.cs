using Anvil.Contracts.Memory;
using Anvil.Objects.Memory;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Documents;
using Microsoft.AspNetCore.Http;

namespace Anvil.Gateway.Api;

/// <summary>Reads bodies: bounded in octets, in time, and in what all bodies that come in take together.</summary>
internal static class RequestBody
{
    /// <summary>Octets of the body of who is no machine yet: what a machine says about itself is bounded far below.</summary>
    public const int MostOfStrangers = 512 << 10;

    /// <summary>A body is here after so long, or is given up.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    /// <summary>Reads a body into memory, and stands in line for what it takes to do with it what it says.</summary>
    /// <param name="http">The request.</param>
    /// <param name="most">Most octets.</param>
    /// <param name="model">The kind that errors name.</param>
    /// <param name="tooLong">The error for one that has more than so many.</param>
    /// <exception cref="ApiException">408: too slow; 413: too long; 503: too many at once.</exception>
    public static async Task<MemoryStream> ReadOctetsAsync(this HttpContext http, int most, string model, Func<int, ApiError> tooLong)
    {
        most = MostOf(http, most);
        var known = http.Request.ContentLength ?? 0;
        if (known > most) throw new ApiException(tooLong(most));
        var share = http.Shared(http.Budgets().Bodies);
        if (known > MemoryBudgets.Small) await TakeAsync(http, share, known, model);
        var buffer = new MemoryStream((int)known);
        await ReadAsync(http, model, async piece =>
        {
            if (buffer.Length + piece.Length > most) throw new ApiException(tooLong(most));
            buffer.Write(piece.Span);
            // Its length was not told: it may be the longest there is.
            if (buffer.Length > MemoryBudgets.Small && share.Octets == 0) await TakeAsync(http, share, most, model);
        });
        await http.HoldChangeAsync(buffer.Length);
        share.Dispose();
        return buffer;
    }

    /// <summary>Copies a body to where it takes no memory.</summary>
    /// <inheritdoc cref="ReadOctetsAsync" path="/param"/>
    /// <param name="to">Gets it.</param>
    /// <exception cref="ApiException">408: too slow; 413: too long.</exception>
    public static async Task CopyOctetsAsync(this HttpContext http, Stream to, int most, string model, Func<int, ApiError> tooLong)
    {
        most = MostOf(http, most);
        var length = 0L;
        await ReadAsync(http, model, async piece =>
        {
            length += piece.Length;
            if (length > most) throw new ApiException(tooLong(most));
            await to.WriteAsync(piece, http.RequestAborted);
        });
    }

    /// <summary>Does with a body what is done with it as it comes, within the time that bodies have.</summary>
    /// <param name="http">The request.</param>
    /// <param name="model">The kind that errors name.</param>
    /// <param name="take">Reads it; ends when the token says so.</param>
    /// <exception cref="ApiException">408: too slow.</exception>
    public static async Task WithinTimeAsync(this HttpContext http, string model, Func<CancellationToken, Task> take)
    {
        using var patience = Patience(http);
        try
        {
            await take(patience.Token);
        }
        catch (OperationCanceledException) when (!http.RequestAborted.IsCancellationRequested)
        {
            throw TooSlow(http, model);
        }
    }

    private static CancellationTokenSource Patience(HttpContext http)
    {
        var patience = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
        patience.CancelAfter(Longest);
        return patience;
    }

    private static ApiException TooSlow(HttpContext http, string model)
        => new(new ApiError(model, "", http.Request.Method, [$"the body was not here after {Longest.TotalMinutes:0} minutes"], 408));

    private static int MostOf(HttpContext http, int most)
        => http.Principal().Kind == PrincipalKind.Unknown ? Math.Min(most, MostOfStrangers) : most;

    private static async Task ReadAsync(HttpContext http, string model, Func<ReadOnlyMemory<byte>, Task> take)
    {
        using var patience = Patience(http);
        var chunk = new byte[16 << 10];
        while (true)
        {
            int read;
            try
            {
                read = await http.Request.Body.ReadAsync(chunk, patience.Token);
            }
            catch (OperationCanceledException) when (!http.RequestAborted.IsCancellationRequested)
            {
                throw TooSlow(http, model);
            }

            if (read == 0) return;
            await take(chunk.AsMemory(0, read));
        }
    }

    private static async Task TakeAsync(HttpContext http, MemoryShare share, long octets, string model)
    {
        if (!await share.TakeAsync(octets, MemoryBudgets.Patience, http.RequestAborted))
            throw ApiMemory.Full(model, http.Request.Method, "bodies that come in");
    }
}
