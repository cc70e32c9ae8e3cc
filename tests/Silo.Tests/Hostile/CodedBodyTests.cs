using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace Anvil.Silo.Tests.Hostile;

/// <summary>Bodies that are packed or written in another language are refused as that, and never read as what they are not.</summary>
public sealed class CodedBodyTests(SingleSilo silo) : IClassFixture<SingleSilo>
{
    [Theory]
    [InlineData("POST", "profiles", "application/json", "gzip")]
    [InlineData("POST", "profiles", "application/json", "br")]
    [InlineData("POST", "profiles", "application/json", "deflate")]
    [InlineData("POST", "profiles", "application/json", "identity, gzip")]
    [InlineData("POST", "profiles", "application/json", "x-nothing")]
    [InlineData("PATCH", "profiles/global", "application/json", "gzip")]
    [InlineData("PUT", "prefs", "application/json", "gzip")]
    [InlineData("POST", "machines/import", "text/csv", "gzip")]
    [InlineData("POST", "machines", "application/json", "zstd")]
    [InlineData("PUT", "jobs/00000000-0000-0000-0000-000000000001/log", "application/octet-stream", "gzip")]
    public async Task APackedBodyIs415(string method, string path, string type, string coding)
    {
        using var packed = new MemoryStream();
        await using (var pack = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            await pack.WriteAsync("Name\nx\n"u8.ToArray(), TestContext.Current.CancellationToken);
        using var answer = await SendAsync(method, path, packed.ToArray(), type, coding);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, answer.StatusCode);
        Assert.Contains("identity", answer.Headers.GetValues("Accept-Encoding"));
        Assert.Contains("Content-Encoding is not taken", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task ABodyThatIsSaidNotToBePackedIsTaken()
    {
        using var made = await SendAsync("POST", "profiles", """{"Name":"coded"}"""u8.ToArray(), "application/json", "identity");
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
    }

    [Theory]
    [InlineData("application/yaml")]
    [InlineData("application/x-yaml")]
    [InlineData("text/yaml")]
    [InlineData("application/xml")]
    public async Task NoOtherLanguageThanJsonIsTaken(string type)
    {
        using var answer = await SendAsync("POST", "profiles", Encoding.UTF8.GetBytes("{\"Name\": \"other\"}"), type, null);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("Invalid content type", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken),
            StringComparison.Ordinal);
    }

    private async Task<HttpResponseMessage> SendAsync(string method, string path, byte[] body, string type, string? coding)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(type);
        if (coding is not null) request.Content.Headers.TryAddWithoutValidation("Content-Encoding", coding);
        return await silo.Http.SendAsync(request, TestContext.Current.CancellationToken);
    }
}
