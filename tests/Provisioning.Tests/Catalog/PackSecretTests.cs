using System.Text.Json;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Tests.Catalog;

/// <summary>Values of secure params in uploaded content packs: sealed wherever they are, also when a param becomes so.</summary>
public sealed class PackSecretTests
{
    private static readonly CatalogSnapshot Empty = CatalogSnapshot.Of(ContentPack.Load("anvil",
        [new ContentFile("meta.yml", "Version: 0.3"), new ContentFile("stages/none.yml", "Name: none")]));

    private static readonly ParamKeys Keys = new(new byte[ParamKeys.KeyOctets]);

    /// <summary>Kinds that are not served have params as well, on their own and deeper within.</summary>
    [Theory]
    [InlineData("""{"Name":"m","Params":{"pass":"s3cret","open":1}}""")]
    [InlineData("""{"Name":"m","params":{"pass":"s3cret","open":1}}""")]
    [InlineData("""{"Name":"m","Inner":[{"Params":{"pass":{"deep":"s3cret"},"open":1}}]}""")]
    public void ObjectsThatAreNotServedAreSealed(string text)
    {
        var pack = Pack("plugins", "m", text);
        var after = Stored(Stored(Empty, pack), new Param { Name = "pass", Secure = true });
        Assert.Equal(["mine"], PackSecrets.InClear(after).Select(p => p.Key));
        var closed = PackSecrets.Sealed(pack, after, Keys);
        var content = closed.Sections["plugins"]["m"].GetRawText();
        Assert.DoesNotContain("s3cret", content, StringComparison.Ordinal);
        Assert.Contains("\"open\":1", content, StringComparison.Ordinal);
        Assert.Empty(PackSecrets.InClear(Stored(after, closed)));
        Assert.Equal(content, PackSecrets.Closed(closed.Sections["plugins"]["m"], "plugins", "m", after, Keys).GetRawText());
    }

    [Fact]
    public void APackIsSealedOnceItsParamBecomesSecure()
    {
        var pack = Pack("profiles", "some", """{"Name":"some","Params":{"pass":"s3cret"}}""");
        var before = Stored(Empty, pack);
        Assert.Empty(SecureValues.InClear(before));
        var after = Stored(before, new Param { Name = "pass", Secure = true });
        Assert.Equal(["contents/mine"], SecureValues.InClear(after).Select(d => $"{d.Prefix}/{d.Key}"));
        var closed = PackSecrets.Sealed(pack, after, Keys);
        Assert.DoesNotContain("s3cret", closed.Sections["profiles"]["some"].GetRawText(), StringComparison.Ordinal);
        Assert.Empty(SecureValues.InClear(Stored(after, closed)));
    }

    private static CatalogSnapshot Stored(CatalogSnapshot catalog, Document document)
        => catalog.With(new CatalogDelta(catalog.Revision + 1,
            [new CatalogEntry(document with { Validated = true, Available = true }, catalog.Revision + 1)], [], IsWhole: false));

    private static StoredPack Pack(string kind, string key, string content) => new PackBody
    {
        About = new ContentMeta { Name = "mine" },
        Sections = new Dictionary<string, IReadOnlyDictionary<string, JsonElement>>
        {
            [kind] = new Dictionary<string, JsonElement> { [key] = JsonElement.Parse(content) },
        },
    }.ToStore();
}
