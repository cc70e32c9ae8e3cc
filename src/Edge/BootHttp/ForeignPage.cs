using System.Net;
using Anvil.Provisioning.Documents;
using Microsoft.AspNetCore.Http;

namespace Anvil.Edge.BootHttp;

/// <summary>
/// Rendered boot files go by the address of the connection: a browser on a host in a machines' network would be that host, for whatever
/// page it shows, and by a name that its owner points here (DNS rebinding) the page would read the answer. Firmware, boot programs and
/// installers send nothing of what browsers do, and all URLs that Anvil writes name this edge by its address.
/// </summary>
internal static class ForeignPage
{
    /// <summary>
    /// Headers of a browser's requests for a page of another site. Languages and modes are said by programs as well (Node's fetch).
    /// </summary>
    private static readonly string[] OfBrowsers = ["Origin", "Sec-Fetch-Site", "Referer"];

    /// <summary>
    /// What all browsers call themselves: over plain HTTP they say nothing else of the page that an image or a link is from (Fetch
    /// Metadata: only to addresses that are potentially trustworthy). PowerShell says so, too, and Windows' installer has it.
    /// </summary>
    private const string Browser = "Mozilla/", NoBrowser = "PowerShell";

    /// <summary>Why what is rendered is not for this request; null when it is.</summary>
    public static Refusal? Problem(HttpRequest request, EdgeOptions options)
    {
        // HTTP/1.0 needs no Host; browsers send it.
        var host = request.Host.Host.TrimEnd('.');
        if (!IsOurs(host, options))
        {
            return new Refusal(StatusCodes.Status421MisdirectedRequest,
                $"asked by the name {PrintableText.Of(host)}, which this edge does not know: ask by its address, or add the name to"
                    + " Edge:Names");
        }

        var agent = request.Headers.UserAgent.ToString();
        var isBrowser = agent.Contains(Browser, StringComparison.OrdinalIgnoreCase)
            && !agent.Contains(NoBrowser, StringComparison.OrdinalIgnoreCase);
        return (OfBrowsers.FirstOrDefault(h => request.Headers.ContainsKey(h)) ?? (isBrowser ? Browser : null)) is not { } sent ? null
            : new Refusal(StatusCodes.Status403Forbidden,
                $"what is rendered for a machine is for its firmware and its installer, not for a browser (which sends {sent})");
    }

    /// <summary>A status, and the sentence for it.</summary>
    internal sealed record Refusal(int Status, string Text);

    /// <summary>
    /// Addresses, names without a dot (nobody on the internet has one), and those that the edge is told of.
    /// </summary>
    private static bool IsOurs(string host, EdgeOptions options)
        => !host.Contains('.', StringComparison.Ordinal) || IPAddress.TryParse(host, out _)
            || host.Equals(options.ApiAddress.TrimEnd('.'), StringComparison.OrdinalIgnoreCase)
            || options.Names.Any(n => host.Equals(n.TrimEnd('.'), StringComparison.OrdinalIgnoreCase));
}
