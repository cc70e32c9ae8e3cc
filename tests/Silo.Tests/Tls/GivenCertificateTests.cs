using Anvil.Silo.Tls;

namespace Anvil.Silo.Tests.Tls;

/// <summary>Certificates that somebody gives: what can be served is taken, also while the silo runs, and what cannot is told.</summary>
public sealed class GivenCertificateTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 12, 1, 12, 0, 0, TimeSpan.Zero);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("anvil-tls-");

    private string CertificateFile => Path.Combine(_folder.FullName, "tls.crt");

    private string KeyFile => Path.Combine(_folder.FullName, "tls.key");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData(0)]
    [InlineData(2048)]
    public void AnotherPairIsTakenOnce(int bits)
    {
        var source = Give(TestCertificate.Make("first", Now, 90, bits: bits));
        var first = source.First(Now);
        Assert.Null(source.Next(first, Now));
        Give(TestCertificate.Make("second", Now, 90, bits: bits));
        var second = source.Next(first, Now)!;
        Assert.NotEqual(first.Fingerprint, second.Fingerprint);
        Assert.Null(source.Next(second, Now));
    }

    /// <summary>One file after the other: between them they do not belong together.</summary>
    [Fact]
    public void HalfAPairIsToldOnceAndTheWholeIsTaken()
    {
        var source = Give(TestCertificate.Make("first", Now, 90));
        var first = source.First(Now);
        var (certificate, key) = TestCertificate.Make("second", Now, 90);
        File.WriteAllText(CertificateFile, certificate);
        Assert.Contains("do not belong together", Assert.Throws<CertificateException>(() => source.Next(first, Now)).Message,
            StringComparison.Ordinal);
        Assert.Null(source.Next(first, Now));
        File.WriteAllText(KeyFile, key[..50]);
        Assert.Throws<CertificateException>(() => source.Next(first, Now));
        File.WriteAllText(KeyFile, key);
        Assert.NotEqual(first.Fingerprint, source.Next(first, Now)!.Fingerprint);
    }

    [Theory]
    [InlineData("nothing", "", "no certificate")]
    [InlineData("", "nothing", "cannot be read")]
    [InlineData("client", "", "not for servers")]
    [InlineData("short", "", "2048 are needed")]
    [InlineData("late", "", "not now")]
    [InlineData("early", "", "not now")]
    [InlineData("gone", "", "cannot be read")]
    [InlineData("long", "", "longer than")]
    public void WhatCannotBeServedIsRefused(string certificate, string key, string reason)
    {
        var source = Give(TestCertificate.Make("first", Now, 90));
        var first = source.First(Now);
        var next = certificate switch
        {
            "client" => TestCertificate.Make("x", Now, 90, usage: "1.3.6.1.5.5.7.3.2"),
            "short" => TestCertificate.Make("x", Now, 90, bits: 1024),
            "late" => TestCertificate.Make("x", Now.AddDays(-90), 89),
            "early" => TestCertificate.Make("x", Now.AddDays(1), 90),
            _ => TestCertificate.Make("x", Now, 90),
        };
        Give((certificate is "nothing" ? "nothing" : next.Certificate, key.Length > 0 ? key : next.Key));
        if (certificate == "gone") File.Delete(KeyFile);
        if (certificate == "long") File.WriteAllText(KeyFile, new string('\n', GivenCertificate.Longest + 1));
        var refused = Assert.Throws<CertificateException>(() => source.Next(first, Now));
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
        foreach (var line in next.Key.Split('\n').Where(l => l.Length > 40))
            Assert.DoesNotContain(line, refused.ToString(), StringComparison.Ordinal);
    }

    private GivenCertificate Give((string Certificate, string Key) pair)
    {
        File.WriteAllText(CertificateFile, pair.Certificate);
        File.WriteAllText(KeyFile, pair.Key);
        return new GivenCertificate(CertificateFile, KeyFile);
    }
}
