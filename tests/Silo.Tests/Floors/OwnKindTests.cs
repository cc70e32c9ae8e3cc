using System.Text;
using System.Text.Json.Nodes;
using Anvil.Contracts.Catalog;
using Anvil.Objects;
using Anvil.Objects.Access;
using Anvil.Objects.Verbs;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;

namespace Anvil.Silo.Tests.Floors;

/// <summary>
/// A kind that Anvil does not have walks through every verb that all kinds have: nothing but its own file and the table of kinds knows of
/// it.
/// </summary>
public sealed class OwnKindTests
{
    private const string Secret = "ozymandias";
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly ParamKeys Keys = new(new byte[32]);
    private static readonly ICatalog Catalog = new Fixed(new CatalogSnapshot(1, [new Param { Name = "hidden", Secure = true }]));

    private readonly KindInMemory _kind = new(new GadgetKind(), Catalog, Keys);
    private readonly ObjectFloor _floor;

    public OwnKindTests() => _floor = new ObjectFloor([_kind], Catalog, Keys, new ChangeAllowance(TimeProvider.System));

    [Fact]
    public async Task ItWalksThroughEveryVerb()
    {
        Assert.True(_floor.Kind("gadgets").HasSlashes);
        var made = Object(await _floor.CreateAsync("gadgets", Body(
            $$"""{"Name":"a/1","Pin":"0815","Params":{"plain":1,"hidden":"{{Secret}}"} }"""), Asks(), None));
        Assert.Equal(("a/1", "grey", ""), (made["Name"]!.ToString(), made["Colour"]!.ToString(), made["Pin"]!.ToString()));
        Assert.DoesNotContain(Secret, Json.Write((Gadget)_kind["a/1"]), StringComparison.Ordinal);

        var got = await _floor.GetAsync("gadgets", "a/1", Asks(), None);
        Assert.DoesNotContain("0815", got.Json!, StringComparison.Ordinal);
        Assert.Equal(304, (await _floor.GetAsync("gadgets", "a/1", Asks() with { IfNoneMatch = EntityTags.Parse(got.Tag) }, None)).Status);
        Assert.Equal(Secret, Object(await _floor.GetAsync("gadgets", "a/1", Asks("decode=true"), None))["Params"]!["hidden"]!.ToString());

        await _floor.CreateAsync("gadgets", Body("""{"Name":"b","Colour":"red"}"""), Asks(), None);
        Assert.Equal(["b"], await NamesAsync("Colour=red"));
        Assert.Equal(["b", "a/1"], await NamesAsync("sort=Colour&reverse=true"));
        Assert.Equal(["a/1"], await NamesAsync("params.plain=1"));

        var replaced = Object(await _floor.ReplaceAsync("gadgets", "a/1", Body("""{"Name":"a/1","Colour":"blue"}"""), Asks(), None));
        Assert.Equal("blue", replaced["Colour"]!.ToString());
        // What is never shown cannot be sent back.
        Assert.Equal("0815", ((Gadget)_kind["a/1"]).Pin);
        await _floor.PatchAsync("gadgets", "a/1", Body("""[{"op":"replace","path":"/Colour","value":"green"}]"""), Asks(), None);
        Assert.Equal(("green", "0815"), (((Gadget)_kind["a/1"]).Colour, ((Gadget)_kind["a/1"]).Pin));

        Assert.Equal(200, (await _floor.DeleteAsync("gadgets", "b", Asks(), None)).Status);
        Assert.Equal(["a/1"], await NamesAsync(""));
    }

    [Fact]
    public async Task ItsParamsAreThoseOfAnyKind()
    {
        var verbs = new ParamVerbs(_floor, Catalog, Keys);
        Assert.Equal(["gadgets"], verbs.Kinds);
        await _floor.CreateAsync("gadgets", Body("""{"Name":"a"}"""), Asks(), None);
        await verbs.SetAsync("gadgets", "a", "hidden", Body($"\"{Secret}\""), Asks(), None);
        await verbs.SetAsync("gadgets", "a", "plain", Body("7"), Asks(), None);
        Assert.DoesNotContain(Secret, Json.Write((Gadget)_kind["a"]), StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, (await verbs.GetAllAsync("gadgets", "a", Asks(), None)).Json!, StringComparison.Ordinal);
        Assert.Equal($"\"{Secret}\"", (await verbs.GetAsync("gadgets", "a", "hidden", Asks("decode=true"), None)).Json);
        Assert.Equal("7", (await verbs.RemoveAsync("gadgets", "a", "plain", Asks(), None)).Json);
        Assert.Equal(["hidden"], ((Gadget)_kind["a"]).Params.Keys);
    }

    [Theory]
    [InlineData("""{"Name":"a","Size":1}""", 400, "Size")]
    [InlineData("""{"Name":"a","Meta":{"x":null}}""", 400, "/Meta/x")]
    [InlineData("""{"Name":"a","Colour":"pink"}""", 422, "no gadget is pink")]
    public async Task ItsBodiesAreReadStrictly(string body, int code, string told)
    {
        var error = (await Assert.ThrowsAsync<ApiException>(() => _floor.CreateAsync("gadgets", Body(body), Asks(), None))).Error;
        Assert.Equal(code, error.Code);
        Assert.Contains(told, string.Join('\n', error.Messages), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Pin=0815")]
    [InlineData("Size=1")]
    [InlineData("params.hidden=x")]
    public async Task ItsListsAnswerWhatTheyUnderstand(string query)
        => Assert.Equal(406, (await Assert.ThrowsAsync<ApiException>(() => NamesAsync(query))).Error.Code);

    [Fact]
    public async Task ItsRightsAreDeniedByDefaultDownToThePointer()
    {
        await _floor.CreateAsync("gadgets", Body("""{"Name":"a"}"""), Asks(), None);
        var painter = Asks() with { Principal = Somebody(new Claim("gadgets", "update:/Colour,get", "a")) };
        await _floor.PatchAsync("gadgets", "a", Body("""[{"op":"replace","path":"/Colour","value":"red"}]"""), painter, None);
        foreach (var refused in new Func<Task>[]
        {
            () => _floor.PatchAsync("gadgets", "a", Body("""[{"op":"replace","path":"/Pin","value":"1"}]"""), painter, None),
            () => _floor.DeleteAsync("gadgets", "a", painter, None),
            () => _floor.CreateAsync("gadgets", Body("""{"Name":"b"}"""), painter, None),
            () => _floor.GetAsync("gadgets", "a", painter with { Principal = Somebody() }, None),
        })
            Assert.True((await Assert.ThrowsAsync<ApiException>(refused)).Error.Code is 403 or 404);
        Assert.Empty((await _floor.ListAsync("gadgets", painter, None)).Rows);
    }

    /// <summary>A kind that says nothing of how its changes are tried changes nothing for who only tries them.</summary>
    [Fact]
    public async Task WhatCannotBeTriedIsNotMade()
    {
        await _floor.CreateAsync("gadgets", Body("""{"Name":"a","Colour":"red"}"""), Asks(), None);
        var tries = Asks("dry-run=true");
        foreach (var refused in new Func<Task>[]
        {
            () => _floor.CreateAsync("gadgets", Body("""{"Name":"b"}"""), tries, None),
            () => _floor.ReplaceAsync("gadgets", "a", Body("""{"Name":"a","Colour":"blue"}"""), tries, None),
            () => _floor.PatchAsync("gadgets", "a", Body("""[{"op":"replace","path":"/Colour","value":"blue"}]"""), tries, None),
            () => _floor.DeleteAsync("gadgets", "a", tries, None),
        })
            Assert.Equal(400, (await Assert.ThrowsAsync<ApiException>(refused)).Error.Code);
        Assert.Equal("red", ((Gadget)_kind["a"]).Colour);
        Assert.Equal(["a"], await NamesAsync(""));
        // Nor does a verb make it that does not look at the word.
        Assert.Throws<InvalidOperationException>(() => tries.Terms());
    }

    private static Principal Somebody(params Claim[] claims) => new("somebody", PrincipalKind.User, claims);

    private static ObjectRequest Asks(string query = "") => new ObjectRequest(Somebody(Claim.All), "gadgets").Saying(
        query.Split('&', StringSplitOptions.RemoveEmptyEntries).Select(w => w.Split('=', 2))
            .ToDictionary(w => w[0], w => (IReadOnlyList<string>)[w[1]], StringComparer.Ordinal), VerbWords.List);

    private static ReadOnlyMemory<byte> Body(string json) => Encoding.UTF8.GetBytes(json);

    private static JsonNode Object(ObjectAnswer answer) => JsonNode.Parse(answer.Json!)!;

    private async Task<IEnumerable<string>> NamesAsync(string query)
        => (await _floor.ListAsync("gadgets", Asks(query), None)).Rows.Select(r => JsonNode.Parse(r)!["Name"]!.ToString()).ToList();

    private sealed class Fixed(CatalogSnapshot snapshot) : ICatalog
    {
        public CatalogSnapshot Current => snapshot;

        public Task<CatalogSnapshot> AtLeastAsync(long revision, CancellationToken cancellation) => Task.FromResult(snapshot);
    }
}
