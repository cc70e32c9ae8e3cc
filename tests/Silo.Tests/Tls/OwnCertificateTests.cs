using System.Net;
using System.Security.Cryptography;
using Anvil.Silo.Tls;

namespace Anvil.Silo.Tests.Tls;

/// <summary>The certificate that a silo makes for itself: made once, kept, made anew before its end.</summary>
public sealed class OwnCertificateTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 12, 1, 12, 0, 0, TimeSpan.Zero);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("anvil-tls-");

    private string KeyFile => Path.Combine(_folder.FullName, "api-key.pem");

    private string CertificateFile => Path.Combine(_folder.FullName, "api-certificate.pem");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void TheFirstStartMakesItForItsOwnerAloneAndTheNextOnesKeepIt()
    {
        var first = Source().First(Now);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(KeyFile));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(CertificateFile));
        Assert.Equal(["api-certificate.pem", "api-key.pem"], _folder.GetFiles().Select(f => f.Name).Order(StringComparer.Ordinal));
        foreach (var name in new[] { "localhost", "127.0.0.1", "::1", Dns.GetHostName(), "boot.example.com" })
            Assert.Contains(name, first.Names);
        Assert.True(first.Holds(Now) && first.Holds(Now.AddDays(820)) && !first.Holds(Now.AddDays(830)));
        var text = File.ReadAllText(CertificateFile) + File.ReadAllText(KeyFile);
        Assert.Equal(first.Fingerprint, Source().First(Now.AddDays(700)).Fingerprint);
        Assert.Equal(text, File.ReadAllText(CertificateFile) + File.ReadAllText(KeyFile));
    }

    /// <summary>Before its end, and where the clock was wrong when it was made; machines know the key, which stays.</summary>
    [Theory]
    [InlineData(770)]
    [InlineData(900)]
    [InlineData(-2)]
    public void ItIsMadeAnewWithTheSameKey(int days)
    {
        var source = Source();
        var first = source.First(Now);
        Assert.Null(source.Next(first, Now.AddDays(700)));
        var next = source.Next(first, Now.AddDays(days))!;
        Assert.Equal(first.Pin, next.Pin);
        Assert.NotEqual(first.Fingerprint, next.Fingerprint);
        Assert.True(next.Holds(Now.AddDays(days)));
        Assert.Equal(next.Fingerprint, Source().First(Now.AddDays(days)).Fingerprint);
    }

    [Fact]
    public void WhatIsDamagedIsMadeAnew()
    {
        var first = Source().First(Now);
        File.WriteAllText(CertificateFile, File.ReadAllText(CertificateFile)[..200]);
        var second = Source().First(Now);
        Assert.Equal(first.Pin, second.Pin);
        Assert.NotEqual(first.Fingerprint, second.Fingerprint);
        File.WriteAllText(KeyFile, "nothing");
        var third = Source().First(Now);
        Assert.NotEqual(first.Pin, third.Pin);
        Assert.Equal(third.Fingerprint, Source().First(Now).Fingerprint);
    }

    /// <summary>A disk that takes nothing keeps no silo from starting with what it has.</summary>
    [Fact]
    public void OneThatCannotBeReplacedServesToItsEnd()
    {
        var first = Source().First(Now);
        Directory.CreateDirectory($"{CertificateFile}.{Environment.ProcessId}");
        Assert.Equal(first.Fingerprint, Source().First(Now.AddDays(800)).Fingerprint);
        Assert.Throws<CertificateException>(() => Source().Next(first, Now.AddDays(800)));
        Assert.Throws<CertificateException>(() => Source().First(Now.AddDays(826)));
    }

    /// <summary>The silos of a cluster have one key by its master key, and another cluster has another.</summary>
    [Fact]
    public void AClustersSilosHaveOneKey()
    {
        var (master, other) = (RandomNumberGenerator.GetBytes(32), RandomNumberGenerator.GetBytes(32));
        var first = new OwnCertificate(_folder.FullName, [], master).First(Now);
        var beside = new OwnCertificate(_folder.CreateSubdirectory("beside").FullName, [], master).First(Now);
        Assert.Equal(first.Pin, beside.Pin);
        Assert.NotEqual(first.Fingerprint, beside.Fingerprint);
        Assert.Equal(first.Fingerprint, new OwnCertificate(_folder.FullName, [], master).First(Now).Fingerprint);
        Assert.NotEqual(first.Pin, new OwnCertificate(_folder.FullName, [], other).First(Now).Pin);
    }

    /// <summary>Known to this version and later ones: another number would be another key at the next upgrade.</summary>
    [Fact]
    public void TheKeyOfAMasterKeyStaysTheSame()
    {
        using var key = ClusterKey.Of([.. Enumerable.Range(0, 32).Select(i => (byte)i)]);
        Assert.Equal("rb/mXXKZ1nD5uNPavvMQ45tbpQt2HL7GHyQOsZTqzBc=",
            Convert.ToBase64String(SHA256.HashData(key.ExportSubjectPublicKeyInfo())));
    }

    [Fact]
    public void AFolderThatTakesNothingIsTold()
        => Assert.Contains("cannot be written", Assert.Throws<CertificateException>(
            () => new OwnCertificate(Path.Combine(_folder.FullName, "nowhere"), [], null).First(Now)).Message, StringComparison.Ordinal);

    private OwnCertificate Source() => new(_folder.FullName, ["boot.example.com"], null);
}
