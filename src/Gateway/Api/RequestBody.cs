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

    /// <summary>Reads a body of any type.</summary>
    /// <param name="http">The request.</param>
    /// <param name="most">Most octets.</param>
    /// <param name="model">The kind that errors name.</param>
    /// <param name="ofChange">Octets that what is done with it takes for each of its own; 0 when it takes little beside it.</param>
    /// <param name="tooLong">The error for one that has more.</param>
    /// <exception cref="ApiException">408: too slow; 413: too long; 415: encoded; 503: too many at once.</exception>
    public static async Task<MemoryStream> ReadOctetsAsync(this HttpContext http, int most, string model, int ofChange,
        Func<int, ApiError> tooLong)
    {
        if (http.Principal().Kind == PrincipalKind.Unknown) most = Math.Min(most, MostOfStrangers);
        var known = http.Request.ContentLength ?? 0;
        if (known > most) throw new ApiException(tooLong(most));
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
        patience.CancelAfter(Longest);
        var share = http.Shared(http.Budgets().Bodies);
        if (known > MemoryBudgets.Small) await TakeAsync(http, share, known, model);
        var buffer = new MemoryStream((int)known);
        var chunk = new byte[16 << 10];
        try
        {
            while (await http.Request.Body.ReadAsync(chunk, patience.Token) is var read and > 0)
            {
                if (buffer.Length + read > most) throw new ApiException(tooLong(most));
                buffer.Write(chunk, 0, read);
                // Its length was not told: it may be the longest there is.
                if (buffer.Length > MemoryBudgets.Small && share.Octets == 0) await TakeAsync(http, share, most, model);
            }
        }
        catch (OperationCanceledException) when (!http.RequestAborted.IsCancellationRequested)
        {
            throw new ApiException(new ApiError(model, "", http.Request.Method,
                [$"the body was not here after {Longest.TotalMinutes:0} minutes"], 408));
        }

        if (ofChange == 0) return buffer;
        await http.HoldChangeAsync(buffer.Length * ofChange, model);
        share.Dispose();
        return buffer;
    }

    private static async Task TakeAsync(HttpContext http, MemoryShare share, long octets, string model)
    {
        if (!await share.TakeAsync(octets, MemoryBudgets.Patience, http.RequestAborted))
            throw ApiMemory.Full(model, http.Request.Method, "bodies that come in");
    }
}
