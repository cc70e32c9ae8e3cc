using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Anvil.Silo.Tests.Tls;

/// <summary>Certificates and keys in PEM form, as somebody gives them to a silo.</summary>
internal static class TestCertificate
{
    /// <summary>A certificate for 127.0.0.1 that signed itself.</summary>
    /// <param name="name">Its subject.</param>
    /// <param name="from">The first moment at which it holds.</param>
    /// <param name="days">For how long.</param>
    /// <param name="usage">What it may be used for; serverAuth unless another is given.</param>
    /// <param name="bits">Bits of an RSA key; 0: ECDSA.</param>
    public static (string Certificate, string Key) Make(string name, DateTimeOffset from, int days, string usage = "1.3.6.1.5.5.7.3.1",
        int bits = 0)
    {
        using AsymmetricAlgorithm key = bits > 0 ? RSA.Create(bits) : ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var subject = new X500DistinguishedName($"CN={name}");
        var request = key is RSA rsa ? new CertificateRequest(subject, rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            : new CertificateRequest(subject, (ECDsa)key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], false));
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var made = request.CreateSelfSigned(from, from.AddDays(days));
        return (made.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }
}
