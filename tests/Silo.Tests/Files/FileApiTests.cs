using System.Formats.Tar;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Anvil.Objects.Access;
using Anvil.Provisioning.Files;
using Anvil.Provisioning.Machines;

namespace Anvil.Silo.Tests.Files;

/// <summary>`/files` and `/isos`: DRP's answers, uploads that go on, and one truth for all gateways and edges.</summary>
public abstract class FileApiTests(FilesFixture silo)
{
    private static readonly TimeSpan Soon = TimeSpan.FromMinutes(2);
    private readonly string _mark = $"f{Guid.NewGuid():N}"[..12];

    [Fact]
    public async Task AFileIsUploadedListedReadAndDeletedAsInDrp()
    {
        var octets = RandomNumberGenerator.GetBytes(300_000);
        var (status, body) = await silo.SendAsync($"files/{_mark}/b.bin", octets);
        Assert.Equal((HttpStatusCode.Created, $$"""{"Path":"/{{_mark}}/b.bin","Size":300000}"""), (status, body!.ToJsonString()));
        Assert.Contains($"{_mark}/", Names(await silo.OkAsync("GET", "files")));
        Assert.Equal(["b.bin"], Names(await silo.OkAsync("GET", $"files?path={_mark}")));
        Assert.Equal(["b.bin"], Names(await silo.OkAsync("GET", $"files?path=/{_mark}/")));
        using (var response = await silo.Http.GetAsync($"files/{_mark}/b.bin"))
        {
            Assert.Equal(octets, await response.Content.ReadAsByteArrayAsync());
            Assert.Equal("application/octet-stream", response.Content.Headers.ContentType!.ToString());
            Assert.Equal(300_000, response.Content.Headers.ContentLength);
        }

        using (var head = await silo.Http.SendAsync(new HttpRequestMessage(HttpMethod.Head, $"files/{_mark}/b.bin")))
        {
            Assert.Equal(300_000, head.Content.Headers.ContentLength);
            Assert.Equal(Hash(octets), head.Headers.GetValues("X-DRP-SHA256SUM").Single());
        }

        using (var part = new HttpRequestMessage(HttpMethod.Get, $"files/{_mark}/b.bin"))
        {
            part.Headers.Range = new RangeHeaderValue(299_990, null);
            using var response = await silo.Http.SendAsync(part);
            Assert.Equal(HttpStatusCode.PartialContent, response.StatusCode);
            Assert.Equal(octets[299_990..], await response.Content.ReadAsByteArrayAsync());
        }

        var (gone, nothing) = await silo.CallAsync("DELETE", $"files/{_mark}/b.bin");
        Assert.Equal((HttpStatusCode.NoContent, null), (gone, nothing));
        await RefusedAsync("DELETE", $"files/{_mark}/b.bin", 404, $"/{_mark}/b.bin", "Unable to delete");
        await RefusedAsync("GET", $"files/{_mark}/b.bin", 404, $"/{_mark}/b.bin", "Not a regular file");
        Assert.Equal(HttpStatusCode.NotFound, (await silo.CallAsync("GET", $"files?path={_mark}")).Status);
        Assert.DoesNotContain($"{_mark}/", Names(await silo.OkAsync("GET", "files")));
    }

    [Fact]
    public async Task AnIsoHasDrpsAnswers()
    {
        var (status, body) = await silo.SendAsync($"isos/{_mark}.iso", "iso"u8.ToArray());
        Assert.Equal((HttpStatusCode.Created, $$"""{"Path":"{{_mark}}.iso","Size":3}"""), (status, body!.ToJsonString()));
        Assert.Contains($"{_mark}.iso", Names(await silo.OkAsync("GET", "isos")));
        Assert.Equal("iso", await silo.Http.GetStringAsync($"isos/{_mark}.iso"));
        Assert.Equal(HttpStatusCode.NoContent, (await silo.CallAsync("DELETE", $"isos/{_mark}.iso")).Status);
        await RefusedAsync("DELETE", $"isos/{_mark}.iso", 404, $"{_mark}.iso", "no such iso");
        Assert.Equal(HttpStatusCode.UnsupportedMediaType,
            (await silo.SendAsync($"isos/{_mark}.iso", "iso"u8.ToArray(), type: "text/plain")).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await silo.SendAsync($"files/{_mark}", "x"u8.ToArray(), type: "text/plain")).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await silo.SendAsync($"isos/a%2Fb.iso", "x"u8.ToArray())).Status);
    }

    [Theory]
    [InlineData("files/a/..%2f..%2f..%2fx", 400)]
    [InlineData("files/%2fetc%2fpasswd", 400)]
    [InlineData("files//etc/passwd", 400)]
    [InlineData("files/a%5cb", 400)]
    [InlineData("files/a%00b", 400)]
    [InlineData("files/a%0ab", 400)]
    [InlineData("files/a//b", 400)]
    [InlineData("files/a/", 403)]
    [InlineData("files", 403)]
    [InlineData("isos/..%2fx", 400)]
    public async Task NoPathLeavesItsFolder(string path, int status)
        => Assert.Equal(status, (int)(await silo.SendAsync(path, "x"u8.ToArray())).Status);

    [Fact]
    public async Task NothingIsWhereAFileAndAFolderWouldBe()
    {
        await MustAsync($"files/{_mark}/a", "x");
        Assert.Equal(HttpStatusCode.Conflict, (await silo.SendAsync($"files/{_mark}/a/b", "x"u8.ToArray())).Status);
        Assert.Equal(HttpStatusCode.Conflict, (await silo.SendAsync($"files/{_mark}", "x"u8.ToArray())).Status);
        Assert.Equal("x", await silo.Http.GetStringAsync($"files/{_mark}/a"));
    }

    [Fact]
    public async Task AFormsFileIsTakenToo()
    {
        using var form = new MultipartFormDataContent();
        form.Add(new StringContent("other"), "other");
        form.Add(new ByteArrayContent("of a form"u8.ToArray()), "file", "../../evil");
        using var response = await silo.Http.PostAsync($"files/{_mark}/form", form);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        Assert.Equal("of a form", await silo.Http.GetStringAsync($"files/{_mark}/form"));
        using var empty = new MultipartFormDataContent { { new StringContent("x"), "other" } };
        using var none = await silo.Http.PostAsync($"files/{_mark}/none", empty);
        Assert.Equal(HttpStatusCode.BadRequest, none.StatusCode);
    }

    [Fact]
    public async Task AnUploadGoesOnWhereItBrokeOffAndIsStoredWhole()
    {
        var octets = RandomNumberGenerator.GetBytes(200_000);
        var words = $"sha256={Hash(octets)}&size=200000";
        var path = $"isos/{_mark}.iso";
        Assert.Equal(0, await OffsetAsync(path, words));
        var (status, body) = await silo.SendAsync($"{path}?{words}", octets[..70_000]);
        Assert.Equal((HttpStatusCode.Accepted, $$"""{"Path":"{{_mark}}.iso","Size":200000,"Offset":70000}"""),
            (status, body!.ToJsonString()));
        Assert.Equal(HttpStatusCode.NotFound, (await silo.CallAsync("GET", path)).Status);
        (status, body) = await silo.SendAsync($"{path}?{words}&offset=60000", octets[60_000..]);
        Assert.Equal(HttpStatusCode.Conflict, status);
        Assert.Contains("70000 octets are here: go on with offset=70000", body!["Messages"]!.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal(70_000, await OffsetAsync(path, words));
        var there = 0L;
        await BrokenOffAsync($"{path}?{words}&offset=70000", octets[70_000..120_000], 130_000, () => Wait.UntilAsync(
            async () => (there = await OffsetAsync(path, words)) == 120_000, Soon, () => $"what came is not there: {there}"));
        await Wait.UntilAsync(() => IsFreeAsync(path, words, there), Soon, () => "somebody still writes it");
        (status, body) = await silo.SendAsync($"{path}?{words}&offset={there}", octets[(int)there..]);
        Assert.Equal((HttpStatusCode.Created, $$"""{"Path":"{{_mark}}.iso","Size":200000}"""), (status, body!.ToJsonString()));
        Assert.Equal(octets, await silo.Http.GetByteArrayAsync(path));
        Assert.Equal(0, await OffsetAsync(path, words));
        // Another user's begins at its own beginning.
        foreach (var wrong in new[] { $"sha256={Hash(octets)}&offset=5", "sha256=abc", $"{words}&offset=x", "size=5&offset=2", "sha=1" })
            Assert.Equal(HttpStatusCode.BadRequest, (await silo.SendAsync($"{path}?{wrong}", octets)).Status);
    }

    [Fact]
    public async Task WhatHasAnotherHashOrIsLongerThanItSaysIsNotStored()
    {
        await MustAsync($"files/{_mark}", "first");
        var other = new string('a', 64);
        var (status, body) = await silo.SendAsync($"files/{_mark}?sha256={other}", "second"u8.ToArray());
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains("nothing is stored", body!["Messages"]!.ToJsonString(), StringComparison.Ordinal);
        foreach (var size in new[] { 6, 2 })
            Assert.Equal(HttpStatusCode.BadRequest,
                (await silo.SendAsync($"files/{_mark}?sha256={other}&size={size}", "second"u8.ToArray())).Status);
        Assert.Equal("first", await silo.Http.GetStringAsync($"files/{_mark}"));
        await BrokenOffAsync($"files/{_mark}", "se"u8.ToArray(), 6);
        Assert.Equal("first", await silo.Http.GetStringAsync($"files/{_mark}"));
        await MustAsync($"files/{_mark}?sha256={Hash("second"u8.ToArray()).ToUpperInvariant()}", "second");
        Assert.Equal("second", await silo.Http.GetStringAsync($"files/{_mark}"));
    }

    [Fact]
    public async Task AChangeIsMadeUponTheContentThatItNames()
    {
        await MustAsync($"files/{_mark}", "first");
        using var first = await silo.Http.GetAsync($"files/{_mark}");
        var tag = first.Headers.ETag!.ToString();
        Assert.Equal($"\"{Hash("first"u8.ToArray())}\"", tag);
        await MustAsync($"files/{_mark}", "second");
        foreach (var method in new[] { HttpMethod.Post, HttpMethod.Delete })
        {
            using var request = new HttpRequestMessage(method, $"files/{_mark}");
            request.Headers.TryAddWithoutValidation("If-Match", tag);
            if (method == HttpMethod.Post)
                request.Content = new ByteArrayContent([1]) { Headers = { ContentType = new("application/octet-stream") } };
            using var refused = await silo.Http.SendAsync(request);
            Assert.Equal(HttpStatusCode.PreconditionFailed, refused.StatusCode);
        }

        using var known = new HttpRequestMessage(HttpMethod.Get, $"files/{_mark}");
        known.Headers.TryAddWithoutValidation("If-None-Match", $"\"{Hash("second"u8.ToArray())}\"");
        using var same = await silo.Http.SendAsync(known);
        Assert.Equal(HttpStatusCode.NotModified, same.StatusCode);
    }

    [Fact]
    public async Task EachGatewayAndEachEdgeHasWhatWasUploadedAtOne()
    {
        var octets = RandomNumberGenerator.GetBytes(1_300_000);
        Assert.Equal(HttpStatusCode.Created, (await silo.SendAsync($"files/{_mark}/all", octets)).Status);
        foreach (var port in silo.Gateways)
        {
            using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}/api/v3/") };
            http.DefaultRequestHeaders.Authorization = silo.Http.DefaultRequestHeaders.Authorization;
            await EventuallyAsync(async () => Same(octets, await http.GetByteArrayAsync($"files/{_mark}/all")),
                $"gateway {port} has it not");
        }

        foreach (var (port, _) in silo.Edges)
            await EventuallyAsync(async () => Same(octets, await FilesFixture.BootFileAsync(port, $"files/{_mark}/all")),
                $"edge {port} has it not");
        // The next content is another one everywhere, and none is a mixture.
        await MustAsync($"files/{_mark}/all", "next");
        foreach (var (port, _) in silo.Edges)
            await EventuallyAsync(
                async () => Encoding.UTF8.GetString(await FilesFixture.BootFileAsync(port, $"files/{_mark}/all") ?? []) == "next",
                $"edge {port} has the former one");
        Assert.Equal(HttpStatusCode.NoContent, (await silo.CallAsync("DELETE", $"files/{_mark}/all")).Status);
        foreach (var (port, _) in silo.Edges)
            await EventuallyAsync(async () => await FilesFixture.BootFileAsync(port, $"files/{_mark}/all") is null,
                $"edge {port} still has what was deleted");
    }

    [Fact]
    public async Task WhatNoRightCoversIsRefused()
    {
        await MustAsync($"files/{_mark}/mine", "x");
        await MustAsync($"files/{_mark}/other", "x");
        using var machine = silo.Client(await MachineTokenAsync());
        using var nothing = await silo.LimitedAsync("scope=machines&action=list&specific=*");
        foreach (var client in new[] { machine, nothing })
        {
            Assert.Equal(HttpStatusCode.Forbidden, (await silo.CallAsync("GET", "files", client: client)).Status);
            Assert.Equal(HttpStatusCode.Forbidden, (await silo.CallAsync("GET", "explosions", client: client)).Status);
            Assert.Equal(HttpStatusCode.NotFound, (await silo.CallAsync("GET", $"files/{_mark}/mine", client: client)).Status);
            Assert.Equal(HttpStatusCode.NotFound, (await silo.CallAsync("GET", $"files/{_mark}/none", client: client)).Status);
            Assert.Equal(HttpStatusCode.Forbidden, (await silo.SendAsync($"files/{_mark}/new", "x"u8.ToArray(), client)).Status);
            Assert.Equal(HttpStatusCode.Forbidden, (await silo.SendAsync($"isos/{_mark}.iso", "x"u8.ToArray(), client)).Status);
            Assert.Equal(HttpStatusCode.Forbidden, (await silo.CallAsync("DELETE", $"files/{_mark}/mine", client: client)).Status);
            Assert.Equal(HttpStatusCode.Forbidden, (await silo.CallAsync("DELETE", $"files/{_mark}/none", client: client)).Status);
        }

        foreach (var specific in new[] { $"{_mark}/mine", $"/{_mark}/mine" })
        {
            using var one = await silo.LimitedAsync($"scope=files&action=get,post&specific={Uri.EscapeDataString(specific)}");
            Assert.Equal(HttpStatusCode.Created, (await silo.SendAsync($"files/{_mark}/mine", "y"u8.ToArray(), one)).Status);
            Assert.Equal("y", await one.GetStringAsync($"files/{_mark}/mine"));
            Assert.Equal(HttpStatusCode.NotFound, (await silo.CallAsync("GET", $"files/{_mark}/other", client: one)).Status);
            Assert.Equal(HttpStatusCode.Forbidden, (await silo.SendAsync($"files/{_mark}/other", "y"u8.ToArray(), one)).Status);
            Assert.Equal(HttpStatusCode.Forbidden, (await silo.CallAsync("DELETE", $"files/{_mark}/mine", client: one)).Status);
            Assert.Equal(HttpStatusCode.Forbidden,
                (await silo.SendAsync($"files/{_mark}/mine?explode=true", await TarAsync(("other", "z")), one)).Status);
        }

        Assert.Equal("x", await silo.Http.GetStringAsync($"files/{_mark}/other"));
        using var nobody = new HttpClient { BaseAddress = silo.Http.BaseAddress };
        Assert.Equal(HttpStatusCode.Unauthorized, (await silo.CallAsync("GET", "files", client: nobody)).Status);
    }

    [Fact]
    public async Task AnArchiveBecomesFilesAllOrNone()
    {
        var (status, body) = await silo.SendAsync($"files/{_mark}/set.tgz?explode=true", await TarAsync(("a", "1"), ("b/c", "2")));
        Assert.True(status == HttpStatusCode.Created, $"{body}");
        Assert.Equal(["a", "b/", "set.tgz"], Names(await silo.OkAsync("GET", $"files?path={_mark}")));
        Assert.Equal("2", await silo.Http.GetStringAsync($"files/{_mark}/b/c"));
        foreach (var bad in new[] { await TarAsync(("ok", "1"), ("../out", "2")), "no archive"u8.ToArray() })
        {
            (status, body) = await silo.SendAsync($"files/{_mark}/bad/set.tgz?explode=true", bad);
            Assert.Equal(HttpStatusCode.BadRequest, status);
            Assert.Contains("cannot be exploded", body!["Messages"]!.ToJsonString(), StringComparison.Ordinal);
        }

        Assert.Equal(HttpStatusCode.NotFound, (await silo.CallAsync("GET", $"files?path={_mark}/bad")).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await silo.SendAsync($"isos/{_mark}.iso?explode=true", "x"u8.ToArray())).Status);
    }

    [Fact]
    public async Task OneUserHasSoManyUploadsAtOnce()
    {
        // One of its own: what another test has broken off may hold a place of everybody's for a moment.
        await silo.OkAsync("POST", "users", $$"""{"Name":"many-{{_mark}}","Roles":["superuser"]}""");
        using var user = silo.Client((await silo.OkAsync("GET", $"users/many-{_mark}/token"))["Token"]!.ToString());
        var slow = Enumerable.Range(0, FileBounds.UploadsOfOne).Select(i => new SlowContent()).ToList();
        List<Task<HttpResponseMessage>> sent = [.. slow.Select((c, i) => user.PostAsync($"files/{_mark}/{i}", c))];
        foreach (var content in slow) await content.Begun.WaitAsync(Soon);
        Assert.Empty(sent.Where(s => s.IsCompleted).Select(s => s.Result.StatusCode));
        // The last of them may just be coming in: the one more has its place then, and it comes again.
        var one = HttpStatusCode.OK;
        await Support.Wait.UntilAsync(async () =>
        {
            for (var i = 0; i < sent.Count; i++)
                if (sent[i].IsCompleted) sent[i] = user.PostAsync($"files/{_mark}/{i}", slow[i] = new SlowContent());
            one = (await silo.SendAsync($"files/{_mark}/more", "x"u8.ToArray(), user)).Status;
            return one == HttpStatusCode.TooManyRequests && !sent.Any(s => s.IsCompleted);
        }, Soon, () => $"one more is answered {one}, and those before "
                + string.Join(", ", sent.Select(s => s.IsCompletedSuccessfully ? $"{s.Result.StatusCode}" : $"{s.Status}")));
        // It is nobody else's bound.
        await MustAsync($"files/{_mark}/else", "x");
        foreach (var content in slow) content.End();
        foreach (var answer in await Task.WhenAll(sent))
        {
            Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
            answer.Dispose();
        }

        Assert.Equal(HttpStatusCode.Created, (await silo.SendAsync($"files/{_mark}/more", "x"u8.ToArray(), user)).Status);
    }

    /// <summary>A condition is about the path that is uploaded to, and not about what comes out of it.</summary>
    [Fact]
    public async Task AConditionIsAboutTheArchiveAndNotItsFiles()
    {
        await MustAsync($"files/{_mark}/a", "before");
        var tar = await TarAsync(("a", "after"));
        async Task<HttpStatusCode> PostAsync(string path)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(tar) };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
            request.Headers.TryAddWithoutValidation("If-None-Match", "*");
            using var answer = await silo.Http.SendAsync(request);
            return answer.StatusCode;
        }

        Assert.Equal(HttpStatusCode.Created, await PostAsync($"files/{_mark}/set.tgz?explode=true"));
        Assert.Equal("after", await silo.Http.GetStringAsync($"files/{_mark}/a"));
        Assert.Equal(HttpStatusCode.PreconditionFailed, await PostAsync($"files/{_mark}/set.tgz?explode=true"));
    }

    /// <summary>Whoever may not upload is told before anything of a form is read; one that is none is the client's fault.</summary>
    [Fact]
    public async Task AFormIsReadForWhoMayUploadAndAsFarAsItIsOne()
    {
        using var other = await silo.LimitedAsync("scope=profiles&action=get&specific=*");
        var endless = new SlowContent("multipart/form-data; boundary=b");
        using var asked = new HttpRequestMessage(HttpMethod.Post, $"files/{_mark}/form") { Content = endless };
        asked.Headers.ExpectContinue = true;
        using var refused = await other.SendAsync(asked).WaitAsync(Soon);
        endless.End();
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        foreach (var form in new[]
        {
            string.Concat(Enumerable.Repeat("--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx\r\n", 9))
                + "--b\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\ny\r\n--b--\r\n",
            $"--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n{new string('x', 70_000)}\r\n--b\r\n"
                + "Content-Disposition: form-data; name=\"file\"\r\n\r\ny\r\n--b--\r\n",
            "--b\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\ncut off", "--b\r\nContent-Disp", "nothing", "",
            $"--b\r\nX: {new string('x', 100_000)}\r\n\r\n",
        })
        {
            var (status, body) = await silo.SendAsync($"files/{_mark}/form", Encoding.ASCII.GetBytes(form),
                type: "multipart/form-data; boundary=b");
            Assert.True(status == HttpStatusCode.BadRequest, $"{form[..Math.Min(60, form.Length)]}: {status} {body}");
        }

        Assert.Equal(HttpStatusCode.NotFound, (await silo.CallAsync("GET", $"files/{_mark}/form")).Status);
    }

    [Fact]
    public async Task AnUploadBeyondTheBoundIsRefusedBeforeItComes()
    {
        Assert.Equal(413, (int)(await silo.SendAsync($"files/{_mark}?sha256={new string('a', 64)}&size={1L << 50}", [1])).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await silo.CallAsync("GET", $"files/{_mark}")).Status);
    }

    /// <summary>A silo that starts has what it had.</summary>
    [Fact]
    public async Task FilesOutliveARestart()
    {
        await MustAsync($"files/{_mark}/stays", "here");
        var words = $"sha256={Hash("whole"u8.ToArray())}&size=5";
        Assert.Equal(HttpStatusCode.Accepted, (await silo.SendAsync($"files/{_mark}/part?{words}", "who"u8.ToArray())).Status);
        await silo.RestartAsync();
        Assert.Equal("here", await silo.Http.GetStringAsync($"files/{_mark}/stays"));
        Assert.Equal(3, await OffsetAsync($"files/{_mark}/part", words));
        Assert.Equal(HttpStatusCode.Created, (await silo.SendAsync($"files/{_mark}/part?{words}&offset=3", "le"u8.ToArray())).Status);
        Assert.Equal("whole", await silo.Http.GetStringAsync($"files/{_mark}/part"));
    }

    private static IEnumerable<string> Names(JsonNode list) => list.AsArray().Select(n => n!.ToString());

    private static bool Same(byte[] octets, byte[]? others) => octets.AsSpan().SequenceEqual(others);

    private static string Hash(byte[] octets) => Convert.ToHexStringLower(SHA256.HashData(octets));

    private async Task MustAsync(string path, string text)
    {
        var (status, body) = await silo.SendAsync(path, Encoding.UTF8.GetBytes(text));
        Assert.True(status == HttpStatusCode.Created, $"{path}: {status} {body}");
    }

    private static Task EventuallyAsync(Func<Task<bool>> holds, string problem) => Wait.UntilAsync(
        async () =>
        {
            try
            {
                return await holds();
            }
            catch (HttpRequestException)
            {
                // 503: it is on its way.
                return false;
            }
        },
        Soon, () => problem);

    private async Task RefusedAsync(string method, string path, int status, string key, string message)
    {
        var (code, body) = await silo.CallAsync(method, path);
        Assert.Equal(
            $$"""{"Model":"{{path.Split('/')[0]}}","Key":"{{key}}","Type":"{{method}}","Messages":["{{message}}"],"Code":{{status}}}""",
            body!.ToJsonString());
        Assert.Equal(status, (int)code);
    }

    private async Task<long> OffsetAsync(string path, string words)
    {
        using var head = await silo.Http.SendAsync(new HttpRequestMessage(HttpMethod.Head, $"{path}?{words}"));
        Assert.Equal(HttpStatusCode.OK, head.StatusCode);
        return long.Parse(head.Headers.GetValues("X-Anvil-Upload-Offset").Single(), System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>True once nobody writes it any more: of an empty body nothing is taken.</summary>
    private async Task<bool> IsFreeAsync(string path, string words, long offset)
        => (await silo.SendAsync($"{path}?{words}&offset={offset}", [])).Status == HttpStatusCode.Accepted;

    /// <summary>Sends less than it says, and breaks off.</summary>
    private async Task BrokenOffAsync(string path, byte[] octets, int length, Func<Task>? before = null)
    {
        using var client = new System.Net.Sockets.TcpClient();
        await client.ConnectAsync("127.0.0.1", silo.ApiPort);
        await using var stream = client.GetStream();
        var authorization = silo.Http.DefaultRequestHeaders.Authorization;
        var head = $"POST /api/v3/{path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {authorization}\r\n"
            + $"Content-Type: application/octet-stream\r\nContent-Length: {length}\r\n\r\n";
        await stream.WriteAsync(Encoding.ASCII.GetBytes(head));
        await stream.WriteAsync(octets);
        await stream.FlushAsync();
        if (before is not null) await before();
        client.Client.Shutdown(System.Net.Sockets.SocketShutdown.Send);
        // Until the server has noticed.
        var rest = new byte[1000];
        try
        {
            while (await stream.ReadAsync(rest) > 0)
            {
                // What it says is to nobody.
            }
        }
        catch (IOException)
        {
            // It has cut the connection.
        }
    }

    private async Task<string> MachineTokenAsync()
    {
        var machine = await silo.OkAsync("POST", "machines", $$"""{"Name":"{{_mark}}-machine","BootEnv":"local"}""");
        return (await silo.Service<AccessService>().ForRenderingAsync(new Machine { Uuid = machine["Uuid"]!.ToString() }))(
            machine["Uuid"]!.ToString(), TimeSpan.FromMinutes(5), "");
    }

    private static async Task<byte[]> TarAsync(params (string Name, string Text)[] files)
    {
        using var octets = new MemoryStream();
        await using (var packed = new GZipStream(octets, CompressionLevel.Fastest, leaveOpen: true))
        {
            await using var tar = new TarWriter(packed);
            foreach (var (name, text) in files)
            {
                using var content = new MemoryStream(Encoding.UTF8.GetBytes(text));
                await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = content });
            }
        }

        return octets.ToArray();
    }

    /// <summary>A body that has begun, and ends when it is told to.</summary>
    private sealed class SlowContent : HttpContent
    {
        private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public SlowContent(string type = "application/octet-stream") => Headers.ContentType = MediaTypeHeaderValue.Parse(type);

        public Task Begun => _begun.Task;

        public void End() => _end.TrySetResult();

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            // One that stands still is given up: this much may stand for a while, also on a machine that does.
            await stream.WriteAsync(new byte[1 << 20]);
            await stream.FlushAsync();
            _begun.TrySetResult();
            using var each = new PeriodicTimer(TimeSpan.FromMilliseconds(500));
            while (!_end.Task.IsCompleted && await each.WaitForNextTickAsync())
            {
                await stream.WriteAsync(new byte[64 << 10]);
                await stream.FlushAsync();
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}

/// <summary>Files of one silo on SQLite.</summary>
public sealed class SingleFileApiTests(FilesSilo silo) : FileApiTests(silo), IClassFixture<FilesSilo>;

/// <summary>Files of three silos on PostgreSQL.</summary>
public sealed class ClusterFileApiTests(FilesCluster silos) : FileApiTests(silos), IClassFixture<FilesCluster>;
