using System.CommandLine;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Anvil.Cli;
using Anvil.Contracts.Timeline;
using Serilog;
using Serilog.Core;

namespace Anvil.Silo.Tests.Hostile;

/// <summary>What browsers, terminals and logs are shown of texts that strangers write.</summary>
public sealed class PageTests(SingleSilo silo) : IClassFixture<SingleSilo>
{
    private const string Steering = "\u001B[2J\u001B]0;owned\u0007\u009B31m\r\n00:00:00.000 WRN forged: line\u2028more\u202Etxt\u200B";

    [Theory]
    [InlineData("api", "/healthz", 200)]
    [InlineData("api", "/readyz", 200)]
    [InlineData("api", "/", 301)]
    [InlineData("api", "/nope", 404)]
    [InlineData("api", "/api/v3/info", 401)]
    [InlineData("api", "/api/v3/nope", 401)]
    [InlineData("admin", "/api/v3/info", 200)]
    [InlineData("admin", "/api/v3/nope", 404)]
    [InlineData("admin", "/api/v3/machines?nope=1", 406)]
    [InlineData("admin", "/api/v3/machines/export", 200)]
    [InlineData("admin", "/api/v3/ws", 400)]
    [InlineData("api", "/dashboard/", 401)]
    [InlineData("api", "/dashboard/GrainState", 403)]
    [InlineData("admin", "/dashboard/", 200)]
    [InlineData("admin", "/dashboard/index.min.js", 200)]
    [InlineData("files", "/nope", 404)]
    [InlineData("files", "/default.ipxe", 200)]
    [InlineData("files", "/%3Cscript%3Ealert(1)%3C/script%3E", 404)]
    public async Task EveryAnswerHasTheHeadersThatMakeBrowsersCareful(string who, string path, int status)
    {
        using var http = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false });
        using var request = new HttpRequestMessage(HttpMethod.Get,
            $"http://127.0.0.1:{(who == "files" ? silo.FilePort : silo.ApiPort)}{path}");
        if (who == "admin") request.Headers.Authorization = silo.Http.DefaultRequestHeaders.Authorization;
        using var response = await http.SendAsync(request);
        Assert.Equal(status, (int)response.StatusCode);
        string Header(string name) => response.Headers.TryGetValues(name, out var values) ? string.Join(',', values) : "";
        Assert.Equal("nosniff", Header("X-Content-Type-Options"));
        Assert.Equal("DENY", Header("X-Frame-Options"));
        Assert.Equal("no-referrer", Header("Referrer-Policy"));
        var policy = Header("Content-Security-Policy");
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe-eval", policy, StringComparison.Ordinal);
        Assert.Contains(path.StartsWith("/dashboard", StringComparison.Ordinal) ? "default-src 'self'" : "default-src 'none'", policy,
            StringComparison.Ordinal);
        Assert.DoesNotContain("script-src", policy, StringComparison.Ordinal);
        Assert.Contains("no-store", Header("Cache-Control"), StringComparison.Ordinal);
        if (response.Content.Headers.ContentType?.MediaType is { } type && path.StartsWith("/api", StringComparison.Ordinal))
            Assert.NotEqual("text/html", type);
    }

    /// <summary>Line breaks in whatever is sent, escaped or not, make no header.</summary>
    [Theory]
    [InlineData("GET /api/v3/machines/Name:x%0d%0aSet-Cookie:%20a=b HTTP/1.1")]
    [InlineData("GET /api/v3/machines?sort=%0d%0aSet-Cookie:%20a=b HTTP/1.1")]
    [InlineData("GET /api/v3/machines?after=%0d%0aSet-Cookie:%20a=b HTTP/1.1")]
    [InlineData("GET /api/v3/machines/export?format=%0d%0aSet-Cookie:%20a=b HTTP/1.1")]
    [InlineData("GET /api/v3/users/rocketskates/token?ttl=%0d%0aSet-Cookie:%20a=b HTTP/1.1")]
    [InlineData("GET /%0d%0aSet-Cookie:%20a=b HTTP/1.1")]
    [InlineData("GET /dashboard/%0d%0aSet-Cookie:%20a=b HTTP/1.1")]
    [InlineData("GET /api/v3/info HTTP/1.1\r\nIf-None-Match: \"a\u000bSet-Cookie: a=b\"")]
    [InlineData("GET /api/v3/info HTTP/1.1\r\nOrigin: http://evil\tSet-Cookie: a=b")]
    [InlineData("GET //evil.example/%2e%2e HTTP/1.1")]
    public async Task NoHeaderIsMadeOfWhatIsSent(string line)
    {
        foreach (var port in new[] { silo.ApiPort, silo.FilePort })
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, port);
            await using var stream = client.GetStream();
            var who = silo.Http.DefaultRequestHeaders.Authorization!;
            await stream.WriteAsync(Encoding.Latin1.GetBytes(
                $"{line}\r\nHost: 127.0.0.1\r\nAuthorization: {who}\r\nConnection: close\r\n\r\n"));
            using var reader = new StreamReader(stream);
            var answer = await reader.ReadToEndAsync().WaitAsync(TimeSpan.FromMinutes(1));
            var head = answer.Split("\r\n\r\n", 2)[0];
            Assert.Matches("^HTTP/1.1 [234]", head);
            Assert.DoesNotContain("\nset-cookie", head, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("evil", head, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void ALogHasOneLineForEachEventWhateverIsInIt()
    {
        using var written = new StringWriter();
        using (var log = new LoggerConfiguration().WriteTo.Sink(new Written(written)).CreateLogger())
        {
            log.ForContext("SourceContext", "Here" + Steering).Warning("user {User} did {What} {Number:F1}", Steering, Steering, 1.25);
            log.Error(new InvalidOperationException(Steering), "failed at {Path}", Steering);
        }

        var lines = written.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.All(written.ToString().Where(c => c != '\n'),
            c => Assert.False(char.IsControl(c) || c is '\u2028' or '\u202E' or '\u200B', $"U+{(int)c:X4}"));
        Assert.Equal(2, lines.Count(l => l[0] != ' '));
        Assert.DoesNotContain(lines, l => l.StartsWith("00:00:00.000", StringComparison.Ordinal));
        Assert.Contains("did \\u001B[2J", lines[0], StringComparison.Ordinal);
        Assert.Contains(" 1.2", lines[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task ATerminalIsNotSteeredByWhatStrangersWrite()
    {
        var name = $"page-{Guid.NewGuid():N}"[..20];
        var body = new JsonObject
        {
            ["Name"] = name,
            ["BootEnv"] = "local",
            ["Description"] = Steering,
            ["OS"] = Steering,
            ["Params"] = new JsonObject { ["x/y"] = Steering },
        };
        var uuid = (await silo.CallAsync("POST", "machines", body.ToJsonString())).Body!["Uuid"]!.ToString();
        silo.Service<ITimeline>().Note(uuid, "", "dhcp", "DISCOVER " + Steering, Steering, "host name " + Steering);
        var stored = "";
        await Wait.UntilAsync(async () =>
        {
            stored = (await silo.CallAsync("GET", $"machines/{uuid}/timeline")).Body!.AsArray()
                .Select(l => $"{l!["What"]}{l["Outcome"]}{l["Detail"]}")
                .FirstOrDefault(l => l.StartsWith("DISCOVER", StringComparison.Ordinal)) ?? "";
            return stored.Length > 0;
        }, TimeSpan.FromMinutes(1), () => "no line is written");
        AssertPlain(stored);
        string[][] commands =
        [
            ["machines", "show", name], ["machines", "timeline", name], ["machines", "list", $"Name={name}"],
            ["machines", "show", "nope" + Steering], ["machines", "list", $"Nope{Steering}=1"],
        ];
        foreach (var command in commands)
        {
            using var output = new StringWriter();
            await AnvilCommand.Build(TimeProvider.System)
                .Parse([.. command, "--server", $"http://127.0.0.1:{silo.ApiPort}", "--key", $"rocketskates:{SiloFixture.Password}"])
                .InvokeAsync(new InvocationConfiguration { Output = output, Error = output });
            // What the command line itself makes bold.
            var shown = Regex.Replace(output.ToString(), "\u001B\\[[0-9;]*m", "");
            AssertPlain(shown);
            Assert.DoesNotContain(shown.Split('\n'), l => l.StartsWith("00:00:00.000", StringComparison.Ordinal));
        }
    }

    private static void AssertPlain(string text)
        => Assert.All(text, c => Assert.False((char.IsControl(c) && c is not ('\n' or '\r')) || c is '\u2028' or '\u202E' or '\u200B',
            $"U+{(int)c:X4}"));

    private sealed class Written(StringWriter to) : ILogEventSink
    {
        private readonly PrintableLog _log = new();

        public void Emit(Serilog.Events.LogEvent logEvent) => _log.Format(logEvent, to);
    }
}
