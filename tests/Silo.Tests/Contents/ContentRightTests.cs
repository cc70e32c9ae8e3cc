using System.Net;

namespace Anvil.Silo.Tests.Contents;

/// <summary>Who uploads a content pack gets nothing past its rights, and secrets in a pack are sealed.</summary>
public abstract class ContentRightTests(SiloFixture silo)
{
    private readonly string _mark = $"r{Guid.NewGuid():N}"[..12];

    [Fact]
    public async Task EachVerbHasItsRight()
    {
        using var nobody = await silo.LimitedAsync("scope=contents&action=nothing&specific=*");
        Assert.Equal(HttpStatusCode.Forbidden, (await silo.CallAsync("GET", "contents", client: nobody)).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await silo.CallAsync("GET", "contents/anvil", client: nobody)).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await silo.CallAsync("POST", "contents", Pack(""), nobody)).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await silo.CallAsync("PUT", $"contents/{_mark}", Pack(""), nobody)).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await silo.CallAsync("DELETE", $"contents/{_mark}", client: nobody)).Status);
        using var other = await silo.LimitedAsync("scope=contents&action=create,update,delete&specific=other");
        Assert.Equal(HttpStatusCode.Forbidden, (await silo.CallAsync("POST", "contents", Pack(""), other)).Status);

        using var blind = await silo.LimitedAsync($"scope=contents&action=create,update,delete&specific={_mark}");
        var (status, made) = await silo.CallAsync("POST", "contents", Pack(""), blind);
        Assert.Equal(HttpStatusCode.Created, status);
        Assert.Equal($$$"""{"meta":{"Name":"{{{_mark}}}"},"Partial":true}""", made!.ToJsonString());
        Assert.Equal(HttpStatusCode.NoContent, (await silo.CallAsync("DELETE", $"contents/{_mark}", client: blind)).Status);
        using var reader = await silo.LimitedAsync("scope=contents&action=list,get&specific=*");
        Assert.Equal("{}", (await silo.OkAsync("GET", "contents", client: reader))[0]!["Counts"]!.ToJsonString());
        Assert.Equal("{}", (await silo.OkAsync("GET", "contents/BackingStore", client: reader))["sections"]!.ToJsonString());
    }

    /// <summary>The right to packs is none to what packs can hold.</summary>
    [Theory]
    [InlineData("tasks", """ "tasks":{"X":{"Name":"X"} } """, "tasks create X")]
    [InlineData("profiles,tasks", """ "tasks":{"X":{"Name":"X","ExtraRoles":["superuser"]} } """, "every right that it gives")]
    [InlineData("tasks", """ "tasks":{"X":{"Name":"X","ExtraClaims":[{"scope":"users","action":"*","specific":"*"}]} } """,
        "every right that it gives")]
    [InlineData("stages", """ "stages":{"X":{"Name":"X","Tasks":["privileged-Y"]} } """, "tasks assign privileged-Y")]
    [InlineData("workflows,stages", """ "stages":{"X":{"Name":"X","Profiles":["secret-Y"]} } """, "profiles getSecure secret-Y")]
    [InlineData("params", """ "params":{"secure-Y":{"Name":"secure-Y"} } """, "machines getSecure *")]
    [InlineData("templates", """ "templates":{"used-Y":{"ID":"used-Y","Contents":"mine"} } """, "every right that it gives")]
    public async Task AnUploadDoesNothingThatItsRequesterMayNotDo(string kinds, string sections, string missing)
    {
        var other = $"{_mark}y";
        sections = sections.Replace("X", _mark, StringComparison.Ordinal).Replace("Y", other, StringComparison.Ordinal);
        missing = missing.Replace("X", _mark, StringComparison.Ordinal).Replace("Y", other, StringComparison.Ordinal);
        await silo.OkAsync("POST", "params", $$"""{"Name":"secure-{{other}}","Secure":true}""");
        await silo.OkAsync("POST", "profiles", $$"""{"Name":"secret-{{other}}","Params":{"secure-{{other}}":"s"} }""");
        await silo.OkAsync("POST", "templates", $$"""{"ID":"used-{{other}}","Contents":"x"}""");
        await silo.OkAsync("POST", "tasks",
            $$"""{"Name":"privileged-{{other}}","ExtraRoles":["superuser"],"Templates":[{"Name":"a","ID":"used-{{other}}"}]}""");
        var isBare = missing.StartsWith("tasks create", StringComparison.Ordinal);
        using var narrow = await silo.LimitedAsync(
            $"scope=contents{(isBare ? "" : "," + kinds)}&action=create,update,delete,get&specific=*");
        var (status, error) = await silo.CallAsync("POST", "contents?replaceWritable=true", Pack(sections), narrow);
        Assert.True(status == HttpStatusCode.Forbidden, $"{status} {error}");
        Assert.Contains(missing, error!["Messages"]!.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await silo.CallAsync("GET", $"contents/{_mark}")).Status);

        // What an administrator uploads is neither replaced nor deleted by who could not have.
        await silo.OkAsync("POST", "contents?replaceWritable=true", Pack(sections));
        var isTask = sections.Contains("\"tasks\"", StringComparison.Ordinal);
        if (isTask)
            Assert.Equal(HttpStatusCode.Forbidden, (await silo.CallAsync("PUT", $"contents/{_mark}",
                Pack($$""" "tasks":{"{{_mark}}":{"Name":"{{_mark}}","Description":"mine"} } """), narrow)).Status);
        // A task that is used stays, and what it uses.
        await silo.CallAsync("DELETE", $"tasks/privileged-{other}");
        Assert.Equal(HttpStatusCode.NoContent, (await silo.CallAsync("DELETE", $"contents/{_mark}")).Status);
    }

    [Fact]
    public async Task WhoMayWriteItsObjectsUploadsAPack()
    {
        using var narrow = await silo.LimitedAsync("scope=contents,tasks,templates&action=create,update,delete,get&specific=*");
        string Sections(string text) => $$"""
            "tasks":{"{{_mark}}":{"Name":"{{_mark}}","Templates":[{"Name":"a","ID":"{{_mark}}"}]} },
            "templates":{"{{_mark}}":{"ID":"{{_mark}}","Contents":"{{text}}"} }
            """;
        await silo.OkAsync("POST", "contents", Pack(Sections("one")), narrow);
        await silo.OkAsync("PUT", $"contents/{_mark}", Pack(Sections("two")), narrow);
        Assert.Equal(HttpStatusCode.NoContent, (await silo.CallAsync("DELETE", $"contents/{_mark}", client: narrow)).Status);
        // What stays as it is takes no right.
        await silo.OkAsync("POST", "contents", Pack(Sections("one") + $$""","profiles":{"{{_mark}}":{"Name":"{{_mark}}"} } """));
        await silo.OkAsync("PUT", $"contents/{_mark}", Pack(Sections("two") + $$""","profiles":{"{{_mark}}":{"Name":"{{_mark}}"} } """),
            narrow);
        Assert.Equal(HttpStatusCode.Forbidden, (await silo.CallAsync("PUT", $"contents/{_mark}", Pack(Sections("two")), narrow)).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await silo.CallAsync("DELETE", $"contents/{_mark}", client: narrow)).Status);
        Assert.Equal(HttpStatusCode.NoContent, (await silo.CallAsync("DELETE", $"contents/{_mark}")).Status);
    }

    [Fact]
    public async Task SecureParamsOfAPackAreSealedAndOpenedByRight()
    {
        const string Secret = "the-packs-own-secret";
        var (status, answer) = await silo.CallAsync("POST", "contents", Pack($$"""
            "params":{"{{_mark}}":{"Name":"{{_mark}}","Secure":true,"Schema":{"type":"string"} } },
            "profiles":{"{{_mark}}":{"Name":"{{_mark}}","Params":{"{{_mark}}":"{{Secret}}"} } },
            "stages":{"{{_mark}}":{"Name":"{{_mark}}","Params":{"{{_mark}}":"{{Secret}}"} } }
            """));
        Assert.True(status == HttpStatusCode.Created, $"{status} {answer}");
        Assert.DoesNotContain(Secret, (await silo.OkAsync("GET", $"contents/{_mark}")).ToJsonString(), StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, (await silo.OkAsync("GET", $"profiles/{_mark}")).ToJsonString(), StringComparison.Ordinal);
        var open = await silo.OkAsync("GET", $"contents/{_mark}?decode=true");
        Assert.Equal(Secret, open["sections"]!["profiles"]![_mark]!["Params"]![_mark]!.ToString());
        Assert.Equal(Secret, open["sections"]!["stages"]![_mark]!["Params"]![_mark]!.ToString());
        using var reader = await silo.LimitedAsync("scope=contents,profiles,stages&action=list,get&specific=*");
        Assert.Equal(HttpStatusCode.Forbidden, (await silo.CallAsync("GET", $"contents/{_mark}?decode=true", client: reader)).Status);
        await using (var connection = await silo.Service<Storage.Database>().ConnectAsync(CancellationToken.None))
        {
            await using var command = connection.CreateCommand();
            command.CommandText = $"SELECT body FROM document WHERE prefix = 'contents' AND key = '{_mark}'";
            Assert.DoesNotContain(Secret, (string)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!,
                StringComparison.Ordinal);
        }

        // As it is shown it can be uploaded again, and opens as before.
        var shown = (await silo.OkAsync("GET", $"contents/{_mark}")).ToJsonString();
        await silo.OkAsync("PUT", $"contents/{_mark}", shown);
        Assert.Contains(Secret, (await silo.OkAsync("GET", $"profiles/{_mark}?decode=true")).ToJsonString(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NoContent, (await silo.CallAsync("DELETE", $"contents/{_mark}")).Status);
    }

    private string Pack(string sections) => $$"""{"meta":{"Name":"{{_mark}}"},"sections":{ {{sections}} } }""";
}

/// <summary>On one silo with SQLite.</summary>
public sealed class SingleContentRightTests(SingleSilo silo) : ContentRightTests(silo), IClassFixture<SingleSilo>;

/// <summary>On three silos with PostgreSQL.</summary>
public sealed class ClusterContentRightTests(SiloCluster silo) : ContentRightTests(silo), IClassFixture<SiloCluster>;
