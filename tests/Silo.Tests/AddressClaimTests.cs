using System.Net;
using System.Text;

namespace Anvil.Silo.Tests;

/// <summary>An address that people give to machines at the same moment.</summary>
public abstract class AddressClaimTests(SiloFixture silo)
{
    private const int Many = 32;

    [Fact]
    public async Task OfManyThatAreMadeAtOnceWithOneAddressOneIs()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, Many).Select(i => silo.CallAsync("POST", "machines",
            $$"""{"Name":"claim-made-{{i}}","BootEnv":"local","Address":"10.62.0.1"}""")));
        Assert.Single(answers, a => a.Status == HttpStatusCode.Created);
        Assert.All(answers.Where(a => a.Status != HttpStatusCode.Created), a =>
        {
            Assert.Equal(HttpStatusCode.UnprocessableEntity, a.Status);
            Assert.Contains("Address", a.Body!["Messages"]![0]!.ToString(), StringComparison.Ordinal);
        });
        Assert.Single((await silo.OkAsync("GET", "machines?Address=10.62.0.1")).AsArray());
    }

    [Fact]
    public async Task OfManyThatAreGivenOneAddressAtOnceOneIs()
    {
        for (var i = 0; i < Many; i++) await silo.OkAsync("POST", "machines", $$"""{"Name":"claim-set-{{i}}","BootEnv":"local"}""");
        var answers = await Task.WhenAll(Enumerable.Range(0, Many).Select(i => silo.CallAsync("PATCH", $"machines/Name:claim-set-{i}",
            """[{"op":"replace","path":"/Address","value":"10.62.0.2"}]""")));
        Assert.Single(answers, a => a.Status == HttpStatusCode.OK);
        Assert.All(answers.Where(a => a.Status != HttpStatusCode.OK), a => Assert.Equal(HttpStatusCode.UnprocessableEntity, a.Status));
        Assert.Single((await silo.OkAsync("GET", "machines?Address=10.62.0.2")).AsArray());

        // Who lets it go gives it to the next, and may be changed as before.
        var holder = (await silo.OkAsync("GET", "machines?Address=10.62.0.2"))[0]!["Name"]!.ToString();
        var other = holder == "claim-set-0" ? "claim-set-1" : "claim-set-0";
        await silo.OkAsync("PATCH", $"machines/Name:{holder}", """[{"op":"replace","path":"/Address","value":"10.62.0.3"}]""");
        await silo.OkAsync("PATCH", $"machines/Name:{other}", """[{"op":"replace","path":"/Address","value":"10.62.0.2"}]""");
        await silo.OkAsync("PATCH", $"machines/Name:{holder}", """[{"op":"replace","path":"/Description","value":"d"}]""");
        await silo.OkAsync("DELETE", $"machines/Name:{other}");
        await silo.OkAsync("POST", "machines", """{"Name":"claim-after","BootEnv":"local","Address":"10.62.0.2"}""");
    }

    [Fact]
    public async Task OfManySheetsWithOneAddressOneIsImported()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(async i =>
        {
            using var sheet = new StringContent($"Name,Address\nclaim-sheet-{i},10.62.0.4\n", Encoding.UTF8, "text/csv");
            using var answer = await silo.Http.PostAsync(new Uri("machines/import", UriKind.Relative), sheet);
            return answer.StatusCode;
        }));
        Assert.Contains(HttpStatusCode.OK, answers);
        Assert.DoesNotContain(answers, a => (int)a >= 500);
        Assert.Single((await silo.OkAsync("GET", "machines?Address=10.62.0.4")).AsArray());
    }

    /// <summary>
    /// Each of two would have what is the other's until both are written: the database may end one for the other, and nobody is told of
    /// that.
    /// </summary>
    [Theory]
    [InlineData("Name", "\"swap-{0}\"")]
    [InlineData("HardwareAddrs", "[\"02:62:00:00:00:{0}\"]")]
    public async Task WhoSwapsByTwoChangesAtOnceIsTakenOrRefused(string field, string form)
    {
        string Value(int n) => form.Replace("{0}", $"{10 + n}", StringComparison.Ordinal);
        var machines = new List<string>();
        for (var n = 0; n < Many; n++)
        {
            var name = field == "Name" ? "" : $"\"Name\":\"swaps-{n}\",";
            machines.Add((await silo.OkAsync("POST", "machines", $$"""{{{name}}"{{field}}":{{Value(n)}},"BootEnv":"local"}"""))
                ["Uuid"]!.ToString());
        }

        var answers = await Task.WhenAll(Enumerable.Range(0, Many).Select(n => silo.CallAsync("PATCH", $"machines/{machines[n]}",
            $$"""[{"op":"replace","path":"/{{field}}","value":{{Value(n ^ 1)}}}]""")));
        Assert.All(answers, a => Assert.True((int)a.Status is 200 or 409 or 422, $"{a.Status} {a.Body}"));
        foreach (var machine in machines) await silo.OkAsync("DELETE", $"machines/{machine}");
    }

    [Fact]
    public async Task MachinesExchangeTheirAddresses()
    {
        await silo.OkAsync("POST", "machines", """{"Name":"claim-one","BootEnv":"local","Address":"10.62.0.5"}""");
        await silo.OkAsync("POST", "machines", """{"Name":"claim-two","BootEnv":"local","Address":"10.62.0.6"}""");
        using var sheet = new StringContent("Name,Address\nclaim-one,10.62.0.6\nclaim-two,10.62.0.5\n", Encoding.UTF8, "text/csv");
        using var answer = await silo.Http.PostAsync(new Uri("machines/import", UriKind.Relative), sheet);
        Assert.True(answer.StatusCode == HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
        Assert.Equal("10.62.0.6", (await silo.OkAsync("GET", "machines/Name:claim-one"))["Address"]!.ToString());
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await silo.CallAsync("POST", "machines",
            """{"Name":"claim-three","BootEnv":"local","Address":"10.62.0.5"}""")).Status);
    }
}

/// <summary>On one silo with SQLite.</summary>
public sealed class SingleAddressClaimTests(SingleSilo silo) : AddressClaimTests(silo), IClassFixture<SingleSilo>;

/// <summary>On three silos with PostgreSQL.</summary>
public sealed class ClusterAddressClaimTests(SiloCluster silo) : AddressClaimTests(silo), IClassFixture<SiloCluster>;
