using System.Net;

namespace Anvil.Silo.Tests.Hostile;

/// <summary>A browser on a host of a machines' network, and the pages that it shows.</summary>
public sealed class ForeignPageTests(WireSilo silo) : IClassFixture<WireSilo>
{
    private const string Rendered = "default.ipxe";

    private async Task<(HttpStatusCode Status, string Body)> GetAsync(string path, string? host, string header = "")
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{silo.FilePort}/{path}");
        request.Headers.Host = host;
        if (header.Length > 0) request.Headers.TryAddWithoutValidation(header.Split(": ")[0], header.Split(": ")[1]);
        using var answer = await http.SendAsync(request);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("127.0.0.1:8091")]
    [InlineData("[fe80::1]:8091")]
    [InlineData("10.1.2.3")]
    [InlineData("boot")]
    [InlineData("localhost:8091")]
    [InlineData("boot.lab.example:8091")]
    [InlineData("BOOT.lab.example.")]
    public async Task FirmwareAsksByAnAddressOrAKnownName(string host)
        => Assert.Equal(HttpStatusCode.OK, (await GetAsync(Rendered, host)).Status);

    [Theory]
    [InlineData("evil.example:8091")]
    [InlineData("127.0.0.1.evil.example")]
    [InlineData("boot.lab.example.evil.example")]
    [InlineData("a.local")]
    public async Task ANameThatItsOwnerPointsHereIsGivenNothingThatIsRendered(string host)
    {
        var (status, body) = await GetAsync(Rendered, host);
        Assert.Equal(HttpStatusCode.MisdirectedRequest, status);
        Assert.Contains("Edge:Names", body, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.MisdirectedRequest, (await GetAsync("sledgehammer/agent.json", host)).Status);
    }

    [Theory]
    [InlineData("Origin: http://evil.example")]
    [InlineData("Origin: null")]
    [InlineData("Sec-Fetch-Site: cross-site")]
    [InlineData("Sec-Fetch-Site: same-origin")]
    [InlineData("Referer: http://evil.example/")]
    [InlineData("User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")]
    public async Task ABrowserIsGivenNothingThatIsRendered(string header)
    {
        var (status, body) = await GetAsync(Rendered, null, header);
        Assert.Equal(HttpStatusCode.Forbidden, status);
        Assert.Contains("not for a browser", body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Accept-Language: *")]
    [InlineData("Sec-Fetch-Mode: cors")]
    [InlineData("User-Agent: UefiHttpBoot/1.0")]
    [InlineData("User-Agent: Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1.22621")]
    public async Task AProgramThatSpeaksLikeABrowserIsNone(string header)
        => Assert.Equal(HttpStatusCode.OK, (await GetAsync(Rendered, null, header)).Status);

    [Fact]
    public async Task WhatIsTheSameForAllIsForAll()
    {
        var name = $"f{Guid.NewGuid():N}.bin";
        await File.WriteAllTextAsync(Path.Combine(silo.Files, name), "the same");
        Assert.Equal((HttpStatusCode.OK, "the same"), await GetAsync(name, "mirror.example", "Origin: http://a.example"));
        Assert.Equal(HttpStatusCode.MisdirectedRequest, (await GetAsync("no-such-file", "mirror.example")).Status);
    }
}
