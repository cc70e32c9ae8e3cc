using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Anvil.Objects.Access;
using Anvil.Provisioning.Machines;
using Anvil.Support;

namespace Anvil.Silo.Tests.Hostile;

/// <summary>Logs that are sent and read slowly.</summary>
public abstract class LogTransferTests(SiloFixture silo)
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);
    private readonly string _name = $"lt-{Guid.NewGuid():N}"[..16];

    [Fact]
    public async Task OneMachineHasEightTransfersOfLogsAtOnceAndPeopleAsManyAsTheyLike()
    {
        await silo.CallAsync("POST", "tasks", $$"""{"Name":"{{_name}}"}""");
        var uuid = (await silo.CallAsync("POST", "machines", $$"""{"Name":"{{_name}}","BootEnv":"local","Tasks":["{{_name}}"]}"""))
            .Body!["Uuid"]!.ToString();
        var job = (await silo.CallAsync("POST", "jobs", $$"""{"Machine":"{{uuid}}"}""")).Body!["Uuid"]!.ToString();
        var source = await silo.Service<AccessService>().ForRenderingAsync(new Machine { Uuid = uuid });
        using var machine = silo.Client(source(uuid, TimeSpan.FromMinutes(5), ""));
        const int Most = 8;
        var bodies = Enumerable.Range(0, Most).Select(_ => new HeldContent()).ToArray();
        var slow = bodies.Select(b => machine.PutAsync($"jobs/{job}/log", b)).ToArray();
        // What was sent of all so far is in the log.
        var length = 0;
        await Wait.UntilAsync(
            async () => (length = (await silo.Http.GetStringAsync($"jobs/{job}/log")).Length) == Most * HeldContent.Octets, Soon,
            () => $"{length} octets are there");
        using var refused = await PutAsync(machine, "x");
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(10), refused.Headers.RetryAfter!.Delta);
        Assert.Contains($"machine {uuid} reads or sends {Most} logs already", await refused.Content.ReadAsStringAsync(),
            StringComparison.Ordinal);
        using (var read = await machine.GetAsync($"jobs/{job}/log")) Assert.Equal(HttpStatusCode.TooManyRequests, read.StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await PutAsync(silo.Http, "a person's ")).StatusCode);
        foreach (var body in bodies) body.Go();
        foreach (var sent in slow) Assert.Equal(HttpStatusCode.NoContent, (await sent).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await PutAsync(machine, "the end")).StatusCode);
        var whole = await machine.GetStringAsync($"jobs/{job}/log");
        Assert.EndsWith("slow a person's the end", whole, StringComparison.Ordinal);

        async Task<HttpResponseMessage> PutAsync(HttpClient client, string text)
        {
            using var log = new StringContent(text);
            log.Headers.ContentType = new("application/octet-stream");
            return await client.PutAsync($"jobs/{job}/log", log);
        }
    }

    /// <summary>A body that begins, and ends when it is told to.</summary>
    private sealed class HeldContent : HttpContent
    {
        private readonly TaskCompletionSource _goes = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>As many as are stored at once.</summary>
        public const int Octets = 64 << 10;

        public HeldContent() => Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");

        public void Go() => _goes.TrySetResult();

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("   slow ", Octets / 8))));
            await stream.FlushAsync();
            await _goes.Task;
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}

/// <summary>On one silo with SQLite.</summary>
public sealed class SingleLogTransferTests(SingleSilo silo) : LogTransferTests(silo), IClassFixture<SingleSilo>;

/// <summary>On three silos with PostgreSQL.</summary>
public sealed class ClusterLogTransferTests(SiloCluster silo) : LogTransferTests(silo), IClassFixture<SiloCluster>;
