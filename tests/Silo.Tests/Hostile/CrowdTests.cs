using System.Text;

namespace Anvil.Silo.Tests.Hostile;

/// <summary>Many large requests at once share a silo's memory: each is answered, or told to come again, and the silo lives.</summary>
public sealed class CrowdTests
{
    private const int AtOnce = 8;
    private const int Machines = 4;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    [Fact]
    public async Task ManyLargeListsAndBodiesAtOnceAreAnsweredOrPutOff()
    {
        await using var silo = new SiloProgram();
        silo.Environment["DOTNET_GCHeapHardLimit"] = $"0x{1536L << 20:x}";
        await silo.StartAsync();
        for (var i = 0; i < Machines; i++) Assert.Equal(201, await ServedAsync(silo, "POST", "machines", n => Machine($"big-{i}-{n}")));
        var lists = Enumerable.Range(0, AtOnce).Select(_ => SendAsync(silo, "GET", "machines", null));
        var bodies = Enumerable.Range(0, AtOnce).Select(i => SendAsync(silo, "POST", "machines", Machine($"more-{i}")));
        var chunked = Enumerable.Range(0, AtOnce).Select(_ => SendAsync(silo, "POST", "profiles", Machine("x"), isChunked: true));
        var answers = await Task.WhenAll(lists.Concat(bodies).Concat(chunked));
        Assert.True(silo.IsRunning, silo.LogEnd());
        Assert.All(answers[..AtOnce], s => Assert.True(s is 200 or 406 or 503, $"a list: {s}"));
        Assert.All(answers[AtOnce..(2 * AtOnce)], s => Assert.True(s is 201 or 503, $"a body: {s}"));
        // Profiles have no BootEnv: read whole, and refused.
        Assert.All(answers[(2 * AtOnce)..], s => Assert.True(s is 400 or 503, $"a body without a length: {s}"));
        // Whoever comes when the crowd is gone is served.
        Assert.Equal(201, await ServedAsync(silo, "POST", "machines", n => Machine($"last-{n}")));
        Assert.Equal(400, await ServedAsync(silo, "POST", "profiles", _ => Machine("x"), isChunked: true));
        Assert.Equal(200, await ServedAsync(silo, "GET", "machines?limit=1", _ => null));
    }

    /// <summary>
    /// The first answer that is not "try again": on a busy machine a large write may take longer than its call waits. It may have been
    /// made all the same: each try has a name of its own.
    /// </summary>
    private static async Task<int> ServedAsync(SiloProgram silo, string method, string path, Func<int, string?> body,
        bool isChunked = false)
    {
        var (status, tries) = (0, 0);
        await Support.Wait.UntilAsync(
            async () => (status = await SendAsync(silo, method, path, body(tries++), isChunked)) != 503, Patience,
            () => $"{method} {path} is still put off: {silo.LogEnd()}");
        return status;
    }

    private static string Machine(string name)
        => $$"""{"Name":"{{name}}","BootEnv":"local","Params":{"a":"{{new string('b', 6 << 20)}}"} }""";

    private static async Task<int> SendAsync(SiloProgram silo, string method, string path, string? body, bool isChunked = false)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        if (isChunked) request.Headers.TransferEncodingChunked = true;
        using var answer = await silo.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        await answer.Content.CopyToAsync(Stream.Null);
        return (int)answer.StatusCode;
    }
}
