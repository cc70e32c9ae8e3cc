using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Anvil.Silo.Tls;

/// <summary>A certificate with its key, as the API's port serves it. What it shows is public; the key stays inside.</summary>
internal sealed class ServerCertificate
{
    private const string ForServers = "1.3.6.1.5.5.7.3.1";

    private ServerCertificate(X509Certificate2 leaf, X509Certificate2Collection others)
    {
        (NotBefore, NotAfter) = (new DateTimeOffset(leaf.NotBefore), new DateTimeOffset(leaf.NotAfter));
        Fingerprint = leaf.GetCertHashString(HashAlgorithmName.SHA256);
        Pin = "sha256//" + Convert.ToBase64String(SHA256.HashData(leaf.PublicKey.ExportSubjectPublicKeyInfo()));
        Names = leaf.Extensions.OfType<X509SubjectAlternativeNameExtension>()
            .SelectMany(names => names.EnumerateDnsNames().Concat(names.EnumerateIPAddresses().Select(a => a.ToString()))).ToList();
        // One for all connections: sessions are resumed by it, and its chain is made once.
        Options = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = SslStreamCertificateContext.Create(leaf, others, offline: true),
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            ApplicationProtocols = [SslApplicationProtocol.Http11],
            AllowRenegotiation = false,
            ClientCertificateRequired = false,
        };
    }

    /// <summary>The first moment at which it holds.</summary>
    public DateTimeOffset NotBefore { get; }

    /// <summary>Its end.</summary>
    public DateTimeOffset NotAfter { get; }

    /// <summary>SHA-256 of the certificate, in hexadecimal digits.</summary>
    public string Fingerprint { get; }

    /// <summary>SHA-256 of its public key (RFC 7469 section 2.4), as curl's and wget's --pinnedpubkey take it: sha256//BASE64.</summary>
    public string Pin { get; }

    /// <summary>The names and addresses that it is for.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>How it is served: TLS 1.2 and 1.3, HTTP/1.1.</summary>
    public SslServerAuthenticationOptions Options { get; }

    /// <summary>True while it holds.</summary>
    public bool Holds(DateTimeOffset now) => NotBefore <= now && now < NotAfter;

    /// <summary>Reads a certificate and its key.</summary>
    /// <param name="chain">Certificates in PEM form: the server's, then those that signed it.</param>
    /// <param name="key">
    /// Its private key in PEM form (PKCS #8, PKCS #1 or SEC 1), not encrypted: RSA of 2048 bits or more, or ECDSA.
    /// </param>
    /// <exception cref="CertificateException">They are none, do not belong together, or are not for a server.</exception>
    public static ServerCertificate Parse(string chain, string key)
    {
        try
        {
            var all = new X509Certificate2Collection();
            all.ImportFromPem(chain);
            if (all.Count == 0) throw new CertificateException("the certificate's file holds no certificate in PEM form");
            var leaf = X509Certificate2.CreateFromPem(chain, key);
            Check(leaf);
            return new ServerCertificate(leaf, [.. all.Skip(1)]);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new CertificateException($"certificate and key cannot be read, or do not belong together ({e.Message})", e);
        }
    }

    private static void Check(X509Certificate2 leaf)
    {
        using var rsa = leaf.GetRSAPrivateKey();
        using var ecdsa = leaf.GetECDsaPrivateKey();
        if (rsa is null && ecdsa is null) throw new CertificateException("the key is neither RSA nor ECDSA");
        if (rsa is { KeySize: < 2048 }) throw new CertificateException($"the RSA key has {rsa.KeySize} bits, and 2048 are needed");
        if (leaf.Extensions.OfType<X509EnhancedKeyUsageExtension>().FirstOrDefault() is { } usage
            && usage.EnhancedKeyUsages.Cast<Oid>().All(o => o.Value != ForServers))
            throw new CertificateException("the certificate is not for servers (its extended key usage lacks serverAuth)");
    }
}
