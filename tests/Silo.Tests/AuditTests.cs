using System.Globalization;
using System.Net;
using Anvil.Contracts;
using Anvil.Contracts.Events;
using Anvil.Contracts.Subnets;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Network;
using Anvil.Silo.Tests.Killed;

namespace Anvil.Silo.Tests;

/// <summary>Who did what: each change by the API is one event of its transaction, with who asked as a field.</summary>
public abstract class AuditTests(SiloFixture silo) : IAsyncLifetime
{
    /// <summary>A name that cannot be dug out of prose.</summary>
    private const string Who = "ann by of";

    private const int Client = 77;
    private HttpClient _http = null!;

    public async ValueTask InitializeAsync()
    {
        await silo.CallAsync("POST", "users", $$"""{"Name":"{{Who}}","Roles":["superuser"]}""");
        await silo.OkAsync("PUT", $"users/{Uri.EscapeDataString(Who)}/password", """{"Password":"p"}""");
        _http = silo.Client(Who, "p");
    }

    public ValueTask DisposeAsync()
    {
        _http.Dispose();
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    public static TheoryData<string> Kinds { get; } = [.. ObjectKindCase.All.Select(k => k.Kind)];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task MakingChangingReplacingAndDeletingIsOneEventEach(string kind)
    {
        var one = ObjectKindCase.All.Single(k => k.Kind == kind);
        var key = one.Key(Client, 1);
        var path = $"{kind}/{key}";
        var place = await silo.LogEndAsync();
        string Body(int version) => $$"""{"{{one.KeyField}}":"{{key}}","Description":"{{version}}"{{one.Fields(Client, 1, version)}}}""";
        await OkAsync("POST", kind, Body(1));
        await OkAsync("PATCH", path, """[{"op":"replace","path":"/Description","value":"2"}]""");
        var whole = await OkAsync("GET", path);
        whole!["Description"] = "3";
        await OkAsync("PUT", path, whole.ToJsonString());
        await OkAsync("DELETE", path);
        Assert.Equal([(kind, "create", Who), (kind, "update", Who), (kind, "update", Who), (kind, "delete", Who)],
            await ToldAsync(place, one.EventKey(key)));
    }

    [Fact]
    public async Task WhatIsThereAlreadyIsNoChange()
    {
        foreach (var kind in new[] { "profiles", "subnets", "reservations", "users" })
        {
            var one = ObjectKindCase.All.Single(k => k.Kind == kind);
            var key = one.Key(Client, 2);
            await OkAsync("POST", kind, $$"""{"{{one.KeyField}}":"{{key}}","Description":"d"{{one.Fields(Client, 2, 1)}}}""");
            var place = await silo.LogEndAsync();
            using var before = await _http.GetAsync(new Uri($"{kind}/{key}", UriKind.Relative));
            var whole = await before.Content.ReadAsStringAsync();
            foreach (var (method, body) in new[]
            {
                ("PUT", whole), ("PATCH", """[{"op":"replace","path":"/Description","value":"d"}]"""),
            })
            {
                using var request = new HttpRequestMessage(new HttpMethod(method), $"{kind}/{key}")
                {
                    Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json"),
                };
                using var answer = await _http.SendAsync(request);
                Assert.Equal((HttpStatusCode.OK, before.Headers.ETag), (answer.StatusCode, answer.Headers.ETag));
                Assert.Equal(whole, await answer.Content.ReadAsStringAsync());
            }

            Assert.Empty(await ToldAsync(place, one.EventKey(key)));
            await OkAsync("DELETE", $"{kind}/{key}");
        }

        await OkAsync("POST", "prefs", """{"deadlineWorking":"1801"}""");
        var end = await silo.LogEndAsync();
        await OkAsync("POST", "prefs", """{"deadlineWorking":"1801"}""");
        Assert.Empty(await ToldAsync(end, "deadlineWorking"));
        await OkAsync("POST", "prefs", """{"deadlineWorking":"1800"}""");
        Assert.Equal([("prefs", "update", Who)], await ToldAsync(end, "deadlineWorking"));
    }

    [Fact]
    public async Task ParamsPasswordsAndSheetsTellAsWell()
    {
        await OkAsync("POST", "profiles", """{"Name":"audit-params"}""");
        await OkAsync("POST", "users", """{"Name":"audit-user"}""");
        var place = await silo.LogEndAsync();
        await OkAsync("POST", "profiles/audit-params/params/a", "1");
        await OkAsync("POST", "profiles/audit-params/params", """{"a":2}""");
        await OkAsync("DELETE", "profiles/audit-params/params/a");
        Assert.Equal(Enumerable.Repeat(("profiles", "update", Who), 3), await ToldAsync(place, "audit-params"));
        await OkAsync("PUT", "users/audit-user/password", """{"Password":"x"}""");
        Assert.Equal([("users", "update", Who)], await ToldAsync(place, "audit-user"));
        using var sheet = new StringContent("Name,Description\naudit-sheet,d\n");
        using var imported = await _http.PostAsync(new Uri("machines/import", UriKind.Relative), sheet);
        Assert.Equal(HttpStatusCode.OK, imported.StatusCode);
        var uuid = (await OkAsync("GET", "machines/Name:audit-sheet"))!["Uuid"]!.ToString();
        Assert.Equal([("machines", "create", Who)], await ToldAsync(place, uuid));
    }

    [Fact]
    public async Task DeletedJobsAndLeasesTellAndAreDeletedUponTheirCondition()
    {
        var machine = (await OkAsync("POST", "machines", """{"Name":"audit-job","BootEnv":"local","Tasks":["inventory"]}"""))!["Uuid"]!;
        var job = (await OkAsync("POST", "jobs", $$"""{"Machine":"{{machine}}"}"""))!["Uuid"]!.ToString();
        var place = await silo.LogEndAsync();
        var early = await TagAsync($"jobs/{job}");
        Assert.Equal(HttpStatusCode.PreconditionFailed, await IfAsync("PATCH", $"jobs/{job}", "\"never\"",
            """[{"op":"replace","path":"/State","value":"running"}]"""));
        Assert.Equal(HttpStatusCode.OK, await IfAsync("PATCH", $"jobs/{job}", early,
            """[{"op":"replace","path":"/State","value":"running"}]"""));
        Assert.Equal(HttpStatusCode.PreconditionFailed, await IfAsync("PATCH", $"jobs/{job}", early,
            """[{"op":"replace","path":"/State","value":"failed"}]"""));
        await OkAsync("PATCH", $"jobs/{job}", """[{"op":"replace","path":"/State","value":"failed"}]""");
        Assert.Equal(HttpStatusCode.PreconditionFailed, await IfAsync("DELETE", $"jobs/{job}", early));
        Assert.Equal(HttpStatusCode.OK, await IfAsync("DELETE", $"jobs/{job}", await TagAsync($"jobs/{job}", _http)));
        Assert.Equal([("jobs", "delete", Who)], await ToldAsync(place, job));

        await OkAsync("POST", "subnets", """
            {"Name":"audit","Subnet":"10.61.0.0/24","Enabled":true,"ActiveStart":"10.61.0.10","ActiveEnd":"10.61.0.90",
            "ActiveLeaseTime":600,"ReservedLeaseTime":7200}
            """);
        var subnet = silo.Service<GrainFinder>().Subnet("audit");
        var offer = Address(await subnet.Handle(new LeaseCall(LeaseAct.Discover, "02:61:00:00:00:01", 0, IPv4.Parse("10.61.0.1"))));
        var given = Address(await subnet.Handle(new LeaseCall(LeaseAct.Request, "02:61:00:00:00:01", offer, IPv4.Parse("10.61.0.1"))));
        var lease = IPv4.Format(given);
        var tag = await TagAsync($"leases/{lease}");
        Assert.Equal(HttpStatusCode.PreconditionFailed, await IfAsync("DELETE", $"leases/{lease}", "\"never\""));
        // A condition that was true when it was read, and is not when it is written.
        var late = await subnet.Remove(new LeaseRemoval(given, new Actor(Who, false, false)) { IfTag = "never" });
        Assert.Equal(412, late.Status);
        Assert.Equal(HttpStatusCode.OK, await IfAsync("DELETE", $"leases/{lease}", tag));
        Assert.Equal(HttpStatusCode.NotFound, await IfAsync("DELETE", $"leases/{lease}", tag));
        Assert.Equal([("leases", "delete", Who)],
            await ToldAsync(place, given.ToString("X8", CultureInfo.InvariantCulture)));
    }

    private static uint Address(LeaseAnswer answer) => IPv4.Parse(Json.Read<Lease>(answer.LeaseJson!)!.Addr);

    private async Task<string> TagAsync(string path, HttpClient? http = null)
    {
        using var answer = await (http ?? _http).GetAsync(new Uri(path, UriKind.Relative));
        return answer.Headers.ETag!.ToString();
    }

    private async Task<HttpStatusCode> IfAsync(string method, string path, string tag, string? body = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Headers.TryAddWithoutValidation("If-Match", tag);
        if (body is not null) request.Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        using var answer = await _http.SendAsync(request);
        return answer.StatusCode;
    }

    private async Task<System.Text.Json.Nodes.JsonNode?> OkAsync(string method, string path, string? body = null)
        => await silo.OkAsync(method, path, body, _http);

    private async Task<List<(string Type, string Action, string Principal)>> ToldAsync(EventPlace place, string key)
        => [.. (await silo.HappenedAsync(place)).Where(e => e.Key == key).Select(e => (e.Type, e.Action, e.Principal))];
}

/// <summary>On one silo with SQLite.</summary>
public sealed class SingleAuditTests(SingleSilo silo) : AuditTests(silo), IClassFixture<SingleSilo>;

/// <summary>On three silos with PostgreSQL.</summary>
public sealed class ClusterAuditTests(SiloCluster silo) : AuditTests(silo), IClassFixture<SiloCluster>;
