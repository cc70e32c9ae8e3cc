using System.Text;
using System.Text.Json;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Catalog;
using Anvil.Support;

namespace Anvil.Provisioning.Tests.Access;

public sealed class SecureParamsTests
{
    // "Cryptography in NaCl", section 4 (and RFC 7748, section 6.1): the keys of Alice and Bob.
    private const string AlicePrivate = "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a";
    private const string AlicePublic = "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a";
    private const string BobPrivate = "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb";
    private const string BobPublic = "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f";
    private const string Nonce = "69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37";

    private const string Message =
        "be075fc53c81f2d5cf141316ebeb0c7b5228c52a4c62cbd44b66849b64244ffce5ecbaaf33bd751a1ac728d45e6c61296cdc3c01233561f41db66cce314adb31"
        + "0e3be8250c46f06dceea3a7fa1348057e2f6556ad6b1318a024a838f21af1fde048977eb"
        + "48f59ffd4924ca1c60902e52f0a089bc76897040e082f937763848645e0705";

    private const string Box =
        "f3ffc7703f9400e52a7dfb4b3d3305d98e993b9f48681273c29650ba32fc76ce48332ea7164d96a4476fb8c531a1186ac0dfc17c98dce87b4da7f011ec48c972"
        + "71d2c20f9b928fe2270d6fb863d51738b48eeee314a7cc8ab932164548e526ae90224368517acfeabd6bb3732bc0"
        + "e9da99832b61ca01b6de56244a9e88d5f9b37973f622a43d14a6599b1f654cb45a74e355a5";

    [Fact]
    public void BoxesAreThoseOfTheNaClPaper()
    {
        Assert.Equal(AlicePublic, Convert.ToHexStringLower(NaclBox.PublicKey(Hex(AlicePrivate))));
        Assert.Equal(BobPublic, Convert.ToHexStringLower(NaclBox.PublicKey(Hex(BobPrivate))));
        Assert.Equal(Box, Convert.ToHexStringLower(NaclBox.Seal(Hex(Message), Hex(Nonce), Hex(BobPublic), Hex(AlicePrivate))));
        Assert.True(NaclBox.TryOpen(Hex(Box), Hex(Nonce), Hex(AlicePublic), Hex(BobPrivate), out var message));
        Assert.Equal(Message, Convert.ToHexStringLower(message));
    }

    [Fact]
    public void ABoxThatWasChangedIsNotOpened()
    {
        for (var at = 0; at < Box.Length / 2; at++)
        {
            var box = Hex(Box);
            box[at] ^= 1;
            Assert.False(NaclBox.TryOpen(box, Hex(Nonce), Hex(AlicePublic), Hex(BobPrivate), out _));
        }

        Assert.False(NaclBox.TryOpen(Hex(Box).AsSpan(0, 15), Hex(Nonce), Hex(AlicePublic), Hex(BobPrivate), out _));
        Assert.False(NaclBox.TryOpen(Hex(Box), Hex(Nonce), new byte[32], Hex(BobPrivate), out _));
        Assert.Throws<System.Security.Cryptography.CryptographicException>(
            () => NaclBox.Seal([1], Hex(Nonce), new byte[32], Hex(BobPrivate)));
    }

    [Theory]
    [InlineData("\"rosebud-19\"")]
    [InlineData("""{"a":[1,18446744073709551616,null],"é":"x"}""")]
    [InlineData("null")]
    public void ASealedValueIsOpenedByItsOwnKeysAlone(string json)
    {
        var (keys, others) = (BoxKeyPair.Make(), BoxKeyPair.Make());
        var sealedValue = SecureParams.Seal(JsonElement.Parse(json), keys.Public);
        Assert.True(SecureParams.IsSealed(sealedValue));
        Assert.DoesNotContain("rosebud", sealedValue.GetRawText(), StringComparison.Ordinal);
        Assert.Equal(["Key", "Nonce", "Payload"], sealedValue.EnumerateObject().Select(p => p.Name));
        Assert.True(SecureParams.TryOpen(sealedValue, keys, out var opened));
        Assert.Equal(json, opened.GetRawText());
        Assert.False(SecureParams.TryOpen(sealedValue, others, out _));
        Assert.NotEqual(sealedValue.GetRawText(), SecureParams.Seal(JsonElement.Parse(json), keys.Public).GetRawText());
    }

    [Fact]
    public void WhatAClientSealedIsOpened()
    {
        // As drpcli does: its own key for one value, the object's key from GET …/pubkey.
        var sealedValue = JsonSerializer.SerializeToElement(new Dictionary<string, string>
        {
            ["Key"] = Convert.ToBase64String(Hex(AlicePublic)),
            ["Nonce"] = Convert.ToBase64String(Hex(Nonce)),
            ["Payload"] = Convert.ToBase64String(NaclBox.Seal("\"rosebud-19\""u8, Hex(Nonce), Hex(BobPublic), Hex(AlicePrivate))),
        });
        Assert.True(SecureParams.TryOpen(sealedValue, BoxKeyPair.Of(Hex(BobPrivate)), out var opened));
        Assert.Equal("rosebud-19", opened.GetString());
        Assert.Equal(Convert.ToBase64String(Hex(BobPublic)), BoxKeyPair.Of(Hex(BobPrivate)).Public.ToString());
    }

    [Theory]
    [InlineData("1")]
    [InlineData("null")]
    [InlineData("""{"Key":"","Nonce":"","Payload":""}""")]
    [InlineData("""{"Key":1,"Nonce":"","Payload":""}""")]
    [InlineData("""{"Key":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=","Nonce":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","Payload":"!"}""")]
    [InlineData(
        """
        {"Key":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=","Nonce":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "Payload":"AAAAAAAAAAAAAAAAAAAAAA==","More":1}
        """)]
    public void OtherValuesAreNotSealed(string json)
    {
        Assert.False(SecureParams.IsSealed(JsonElement.Parse(json)));
        Assert.Equal("""{"Key":"","Nonce":"","Payload":""}""", SecureParams.Mask(JsonElement.Parse(json)).GetRawText());
    }

    [Fact]
    public void ASealedValueIsShownAsItIs()
    {
        var sealedValue = SecureParams.Seal(JsonElement.Parse("1"), BoxKeyPair.Make().Public);
        Assert.Equal(sealedValue.GetRawText(), SecureParams.Mask(sealedValue).GetRawText());
    }

    [Fact]
    public void ASealedValueOfASecureParamIsNotHeldAgainstItsSchema()
    {
        var catalog = TestCatalog.With(
            new Param { Name = "case/secret", Secure = true, Schema = JsonElement.Parse("""{"type":"integer"}""") },
            new Param { Name = "case/plain", Schema = JsonElement.Parse("""{"type":"integer"}""") });
        var sealedValue = SecureParams.Seal(JsonElement.Parse("1"), BoxKeyPair.Make().Public);
        Assert.Null(new ParamSchemas().Problem("case/secret", sealedValue, catalog));
        Assert.NotNull(new ParamSchemas().Problem("case/plain", sealedValue, catalog));
        Assert.DoesNotContain("rosebud", new ParamSchemas().Problem("case/secret", JsonElement.Parse("\"rosebud-19\""), catalog),
            StringComparison.Ordinal);
    }

    [Fact]
    public Task Fuzzed() => Fuzz.FixedAsync(OneValue);

    /// <summary>Whatever is stored or sent in a sealed value's place, there is an answer.</summary>
    private static void OneValue(Random random)
    {
        var part = Encoding.Latin1.GetString(Fuzz.Mutate(random, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="u8.ToArray()));
        var value = JsonSerializer.SerializeToElement(
            new Dictionary<string, string> { ["Key"] = part, ["Nonce"] = Convert.ToBase64String(new byte[24]), ["Payload"] = part });
        Assert.False(SecureParams.TryOpen(value, Keys, out _));
    }

    private static readonly BoxKeyPair Keys = BoxKeyPair.Of(Hex(BobPrivate));

    private static byte[] Hex(string text) => Convert.FromHexString(text);
}
