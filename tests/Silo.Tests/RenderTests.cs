using System.Net;
using System.Net.Sockets;
using Anvil.Templates;
using Microsoft.Extensions.DependencyInjection;

namespace Anvil.Silo.Tests;

/// <summary>A template that takes all it may costs who asks for it an error, and others nothing but their share.</summary>
public abstract class RenderTests(SiloFixture silo)
{
    /// <summary>Renders that one address has waiting beyond what it may.</summary>
    private const int TooMany = 60;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private readonly string _name = $"render-{Guid.NewGuid():N}"[..20].TrimEnd('-');

    [Theory]
    [InlineData("{{$d := dict}}{{$x := set $d \"self\" $d}}{{$d}}", "the value holds itself")]
    [InlineData("{{$v := list}}{{range 200000}}{{$v = list $v}}{{end}}{{toJson $v}}", "the value is nested deeper than 128 levels")]
    [InlineData("{{range 100000}}{{range 100000}}{{end}}{{end}}", "more than 2000000 steps")]
    [InlineData("{{$s := `x`}}{{range 64}}{{$s = print $s $s}}{{end}}", "more than 134217728 octets of memory")]
    public async Task AJobsActionsSayWhatTheySpent(string template, string cause)
    {
        var contents = System.Text.Json.JsonSerializer.Serialize(template);
        await silo.CallAsync("POST", "tasks", $$"""{"Name":"{{_name}}","Templates":[{"Name":"t","Contents":{{contents}}}]}""");
        var (status, machine) = await silo.CallAsync("POST", "machines",
            $$"""{"Name":"{{_name}}","Stage":"none","BootEnv":"local","Tasks":["{{_name}}"]}""");
        Assert.Equal(HttpStatusCode.Created, status);
        var job = (await silo.CallAsync("POST", "jobs", $$"""{"Machine":"{{machine!["Uuid"]}}"}""")).Body!;
        var (refused, error) = await silo.CallAsync("GET", $"jobs/{job["Uuid"]}/actions?os=linux");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused);
        // On a machine that is busy enough its time is spent before the rest is.
        Assert.Matches($"template: t:1:[0-9]+: .*({cause}|longer than 2000 ms)", error!["Messages"]![0]!.ToString());
        await silo.CallAsync("DELETE", $"machines/{machine["Uuid"]}");
    }

    [Fact]
    public async Task ManyElseIfsAreATemplateLikeAnyOther()
    {
        var many = "{{if false}}" + string.Concat(Enumerable.Repeat("{{else if false}}x", 20_000)) + "{{end}}";
        var (status, _) = await silo.CallAsync("POST", "templates", $$"""{"ID":"{{_name}}","Contents":"{{many}}"}""");
        Assert.Equal(HttpStatusCode.Created, status);
        var large = string.Concat(Enumerable.Repeat("{{.}}", 1 << 18));
        (status, var error) = await silo.CallAsync("POST", "templates", $$"""{"ID":"{{_name}}-large","Contents":"{{large}}"}""");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, status);
        Assert.Contains("more than 500000 steps", error!.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AFloodOfOneAddressCostsAnotherOneRender()
    {
        // Long enough for a queue, and within the bounds: sixty that spend theirs would take minutes of a busy machine.
        const string Long = "{{range 1000000}}{{end}}";
        var env = $$$"""
            {"Name":"{{{_name}}}","OnlyUnknown":true,"Templates":[
              {"Name":"bad","Path":"bad.cfg","Contents":"{{{Long}}}"},{"Name":"good","Path":"good.cfg","Contents":"{{print `good`}}"}]}
            """;
        var (status, made) = await silo.CallAsync("POST", "bootenvs", env);
        Assert.True(status == HttpStatusCode.Created, made?.ToJsonString());
        Assert.Equal(HttpStatusCode.Created, (await silo.CallAsync("POST", "prefs", $$"""{"unknownBootEnv":"{{_name}}"}""")).Status);
        try
        {
            using var greedy = From("127.0.0.2");
            using var honest = From("127.0.0.3");
            // Every silo has to know of it first.
            await Support.Wait.UntilAsync(async () => (await AskAsync(honest, "good.cfg")).Text == "good", Patience, () => "no good.cfg");
            var flood = Enumerable.Range(0, TooMany).Select(_ => AskAsync(greedy, "bad.cfg")).ToList();
            var queues = silo.Silos.Select(s => s.Services.GetRequiredService<RenderQueue>()).ToList();
            await Support.Wait.UntilAsync(() => Task.FromResult(queues.Max(q => q.Waiting) > 5), Patience,
                () => $"only {queues.Max(q => q.Waiting)} renders wait");
            var (answer, text, _) = await AskAsync(honest, "good.cfg");
            Assert.Equal((HttpStatusCode.OK, "good"), (answer, text));
            Assert.Contains(flood, one => !one.IsCompleted);

            var answers = await Task.WhenAll(flood).WaitAsync(Patience);
            Assert.All(answers, a => Assert.True(
                a.Status == HttpStatusCode.OK || (a is { Status: HttpStatusCode.ServiceUnavailable, Again: true }
                    && a.Text.Contains("renders of 127.0.0.2 wait already", StringComparison.Ordinal)),
                $"{a.Status}: {a.Text}"));
            Assert.Contains(answers, a => a.Status == HttpStatusCode.ServiceUnavailable);
            Assert.Contains(answers, a => a.Status == HttpStatusCode.OK);
        }
        finally
        {
            await silo.CallAsync("POST", "prefs", """{"unknownBootEnv":"ignore"}""");
        }
    }

    /// <summary>A boot environment puts static files at paths of its own (DRP v4: Link); one that is not there is no file.</summary>
    [Fact]
    public async Task ALinkServesTheStaticFileThatItNames()
    {
        var octets = new byte[] { 0, 1, 254, 255 };
        Directory.CreateDirectory(Path.Combine(silo.Files, _name, "arm64"));
        await File.WriteAllBytesAsync(Path.Combine(silo.Files, _name, "arm64", "start.elf"), octets);
        var env = $$$"""
            {"Name":"{{{_name}}}","OnlyUnknown":true,"OS":{"Name":"{{{_name}}}"},"Templates":[
              {"Name":"elf","Path":"{{{_name}}}.elf","Link":"{{.Env.PathForArch `tftp` `start.elf` `aarch64`}}"},
              {"Name":"gone","Path":"{{{_name}}}.gone","Link":"{{{_name}}}/gone"},
              {"Name":"out","Path":"{{{_name}}}.out","Link":"../../etc/passwd"}]}
            """;
        var (status, made) = await silo.CallAsync("POST", "bootenvs", env);
        Assert.True(status == HttpStatusCode.Created, made?.ToJsonString());
        Assert.Equal(HttpStatusCode.Created, (await silo.CallAsync("POST", "prefs", $$"""{"unknownBootEnv":"{{_name}}"}""")).Status);
        try
        {
            using var client = From("127.0.0.4");
            await Support.Wait.UntilAsync(async () => (await AskAsync(client, _name + ".elf")).Status == HttpStatusCode.OK, Patience,
                () => "no linked file");
            Assert.Equal(octets, await client.GetByteArrayAsync(_name + ".elf"));
            Assert.Equal(HttpStatusCode.NotFound, (await AskAsync(client, _name + ".gone")).Status);
            Assert.Equal(HttpStatusCode.NotFound, (await AskAsync(client, _name + ".out")).Status);
        }
        finally
        {
            await silo.CallAsync("POST", "prefs", """{"unknownBootEnv":"ignore"}""");
        }
    }

    private static async Task<(HttpStatusCode Status, string Text, bool Again)> AskAsync(HttpClient client, string path)
    {
        using var answer = await client.GetAsync(path);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(), answer.Headers.RetryAfter is not null);
    }

    private HttpClient From(string address)
    {
        var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (context, cancellation) =>
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                socket.Bind(new IPEndPoint(IPAddress.Parse(address), 0));
                await socket.ConnectAsync(IPAddress.Loopback, context.DnsEndPoint.Port, cancellation);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        return new HttpClient(handler) { BaseAddress = new Uri($"http://127.0.0.1:{silo.FilePort}/") };
    }
}

/// <summary>On one silo with SQLite.</summary>
public sealed class SingleRenderTests(SingleSilo silo) : RenderTests(silo), IClassFixture<SingleSilo>;

/// <summary>On three silos with PostgreSQL.</summary>
public sealed class ClusterRenderTests(SiloCluster silo) : RenderTests(silo), IClassFixture<SiloCluster>;
