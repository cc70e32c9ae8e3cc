using System.IO.Compression;
using System.Net;
using System.Text.Json.Nodes;
using ZstdSharp;

namespace Anvil.Silo.Tests;

/// <summary>Answers that are packed are the same as others, in the coding that a client prefers; those with a secret never are.</summary>
public abstract class CompressionTests(SiloFixture silo)
{
    [Theory]
    [InlineData("zstd", "zstd")]
    [InlineData("gzip, deflate, br, zstd", "zstd")]
    [InlineData("gzip;q=1, zstd;q=0.5", "gzip")]
    [InlineData("gzip;q=0.1, zstd;q=0.5", "zstd")]
    [InlineData("zstd;q=0, *", "gzip")]
    [InlineData("zstd;q=0, gzip;q=0", "")]
    [InlineData("gzip;q=0.5, identity", "")]
    [InlineData("br, deflate", "")]
    [InlineData("identity", "")]
    [InlineData("", "")]
    public async Task TheCodingIsTheOneThatIsPreferred(string accepted, string coding)
    {
        using var plain = await AskAsync("GET", "bootenvs", "");
        using var answer = await AskAsync("GET", "bootenvs", accepted);
        Assert.Equal(coding, string.Join(',', answer.Content.Headers.ContentEncoding));
        Assert.Contains("Accept-Encoding", answer.Headers.Vary);
        Assert.Equal(answer.Headers.GetValues("X-DRP-LIST-COUNT"), plain.Headers.GetValues("X-DRP-LIST-COUNT"));
        Assert.Equal((await TextAsync(plain)).ToJsonString(), (await TextAsync(answer)).ToJsonString());
    }

    [Theory]
    [InlineData("zstd")]
    [InlineData("gzip")]
    public async Task TheVersionIsTheSameInEachCoding(string coding)
    {
        var name = $"packed-{coding}";
        var profile = new JsonObject { ["Name"] = name, ["Documentation"] = new string('d', 4000) };
        await silo.OkAsync("POST", "profiles", profile.ToJsonString());
        using var plain = await AskAsync("GET", $"profiles/{name}", "");
        using var packed = await AskAsync("GET", $"profiles/{name}", coding);
        Assert.Equal(coding, Assert.Single(packed.Content.Headers.ContentEncoding));
        Assert.Equal(plain.Headers.ETag, packed.Headers.ETag);
        Assert.False(packed.Headers.ETag!.IsWeak);
        using var head = await AskAsync("HEAD", $"profiles/{name}", coding);
        Assert.Equal((HttpStatusCode.OK, plain.Headers.ETag), (head.StatusCode, head.Headers.ETag));
        using var known = await AskAsync("GET", $"profiles/{name}", coding, ("If-None-Match", packed.Headers.ETag!.ToString()));
        Assert.Equal(HttpStatusCode.NotModified, known.StatusCode);
        using var gone = await AskAsync("DELETE", $"profiles/{name}", coding, ("If-Match", packed.Headers.ETag!.ToString()));
        Assert.Equal(HttpStatusCode.OK, gone.StatusCode);
    }

    [Fact]
    public async Task WhatHasASecretInClearIsNotPacked()
    {
        await silo.OkAsync("POST", "params", """{"Name":"pack/secret","Secure":true,"Schema":{"type":"string"}}""");
        var machine = await silo.OkAsync("POST", "machines", new JsonObject
        {
            ["Name"] = "pack-secret",
            ["Description"] = new string('d', 4000),
            ["Params"] = new JsonObject { ["pack/secret"] = new string('s', 4000) },
        }.ToJsonString());
        var path = $"machines/{machine["Uuid"]}";
        foreach (var clear in new[] { $"{path}?decode=true", $"{path}/params?decode=true", $"{path}/params/pack/secret?decode=true",
            "machines?Name=pack-secret&decode=true", "users/rocketskates/token" })
        {
            using var answer = await AskAsync("GET", clear, "gzip, zstd");
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.True((await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken)).Length > 1400, clear);
            Assert.Empty(answer.Content.Headers.ContentEncoding);
        }

        using var isSealed = await AskAsync("GET", path, "gzip, zstd");
        Assert.Equal("zstd", Assert.Single(isSealed.Content.Headers.ContentEncoding));
    }

    [Fact]
    public async Task EventsThatAreFollowedAreNotPacked()
    {
        using var answer = await AskAsync("GET", "events/stream", "gzip, zstd");
        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType!.MediaType);
        Assert.Empty(answer.Content.Headers.ContentEncoding);
    }

    private async Task<HttpResponseMessage> AskAsync(string method, string path, string accepted, params (string, string)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (accepted.Length > 0) request.Headers.TryAddWithoutValidation("Accept-Encoding", accepted);
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        return await silo.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
    }

    private static async Task<JsonNode> TextAsync(HttpResponseMessage answer)
    {
        await using var body = await answer.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
        await using Stream unpacked = string.Join(',', answer.Content.Headers.ContentEncoding) switch
        {
            "gzip" => new GZipStream(body, CompressionMode.Decompress),
            "zstd" => new DecompressionStream(body),
            _ => body,
        };
        return (await JsonNode.ParseAsync(unpacked, cancellationToken: TestContext.Current.CancellationToken))!;
    }
}

/// <summary>On one silo with SQLite.</summary>
public sealed class SingleCompressionTests(SingleSilo silo) : CompressionTests(silo), IClassFixture<SingleSilo>;

/// <summary>On three silos with PostgreSQL.</summary>
public sealed class ClusterCompressionTests(SiloCluster silos) : CompressionTests(silos), IClassFixture<SiloCluster>;
