using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Anvil.Templates;

/// <summary>
/// Sprig's keys and certificates. They are new in every render, so a file that has one is another each time that it is asked for. RSA keys
/// have 2048 bits, also where Sprig's have 4096 (genPrivateKey): those take longer than a render may.
/// </summary>
internal static class CertificateFunctions
{
    private const int RsaBits = 2048;

    /// <summary>What making a key or signing takes: an RSA key some tenths of a second, of which a render has few.</summary>
    private const int StepsOfRsa = 250_000;
    private const int StepsOfKey = 5_000;
    private const int StepsOfCertificate = 20_000;
    private const int OctetsOfKey = 256 << 10;

    /// <summary>Longest key or certificate that is read, and name that is written.</summary>
    private const int Longest = 64 << 10;

    /// <summary>Most names and addresses of one certificate.</summary>
    private const int MostNames = 1000;

    private const int MostDays = 365 * 200;

    public static IEnumerable<Function> All() =>
    [
        Function.Of("genPrivateKey", "text", a => PrivateKey(a)),
        Function.Of("genCA", "text int", a => Make(a, 0, -1, 1, NewRsa(a), null)),
        Function.Of("genCAWithKey", "text int text", a => Make(a, 0, -1, 1, Read(a, a.Text(2)), null)),
        Function.Of("genSelfSignedCert", "text list list int", a => Make(a, 0, 1, 3, NewRsa(a), null)),
        Function.Of("genSelfSignedCertWithKey", "text list list int text", a => Make(a, 0, 1, 3, Read(a, a.Text(4)), null)),
        Function.Of("genSignedCert", "text list list int certificate", a => Make(a, 0, 1, 3, NewRsa(a), (Certificate)a[4]!)),
        Function.Of("genSignedCertWithKey", "text list list int certificate text",
            a => Make(a, 0, 1, 3, Read(a, a.Text(5)), (Certificate)a[4]!)),
        Function.Of("buildCustomCert", "text text", Build),
    ];

    private static void Charge(Arguments a, int steps)
    {
        a.Budget.Step(steps);
        a.Budget.Allocate(OctetsOfKey);
        a.Budget.Look();
    }

    private static RSA NewRsa(Arguments a)
    {
        Charge(a, StepsOfRsa);
        return RSA.Create(RsaBits);
    }

    private static object? PrivateKey(Arguments a)
    {
        switch (a.Text(0))
        {
            case "" or "rsa":
                using (var rsa = NewRsa(a)) return Pem(rsa);
            case "ecdsa":
                Charge(a, StepsOfKey);
                using (var ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP256)) return Pem(ecdsa);
            case "ed25519":
                Charge(a, StepsOfKey);
                // RFC 8410: the algorithm, then the key's 32 octets.
                byte[] head = [0x30, 0x2E, 2, 1, 0, 0x30, 5, 6, 3, 0x2B, 0x65, 0x70, 4, 0x22, 4, 0x20];
                return PemEncoding.WriteString("PRIVATE KEY", [.. head, .. RandomNumberGenerator.GetBytes(32)]) + "\n";
            case "dsa": throw new TemplateFault(
                "DSA keys are refused: they take longer than a render may, and nothing takes them any more");
            default: return "Unknown type " + a.Text(0);
        }
    }

    private static string Pem(AsymmetricAlgorithm key)
        => (key is RSA rsa ? rsa.ExportRSAPrivateKeyPem() : ((ECDsa)key).ExportECPrivateKeyPem()) + "\n";

    private static AsymmetricAlgorithm Read(Arguments a, string pem)
    {
        Charge(a, StepsOfKey);
        if (pem.Length > Longest || !PemEncoding.TryFind(pem, out var fields))
            throw new TemplateFault("parsing private key: no PEM data in input");
        var label = pem[fields.Label];
        AsymmetricAlgorithm[] kinds = label switch
        {
            "RSA PRIVATE KEY" => [RSA.Create()],
            "EC PRIVATE KEY" => [ECDsa.Create()],
            "PRIVATE KEY" => [RSA.Create(), ECDsa.Create()],
            _ => throw new TemplateFault($"parsing private key: no private key data in PEM block of type {label}"),
        };
        foreach (var key in kinds)
        {
            try
            {
                key.ImportFromPem(pem);
                return key;
            }
            catch (Exception e) when (e is CryptographicException or ArgumentException)
            {
                key.Dispose();
            }
        }

        throw new TemplateFault("parsing private key: it is neither an RSA nor an ECDSA key");
    }

    private static Certificate Make(Arguments a, int name, int addresses, int days, AsymmetricAlgorithm key, Certificate? authority)
    {
        using (key)
        {
            Charge(a, StepsOfCertificate);
            var isAuthority = addresses < 0;
            var request = Request(a.Text(name), key);
            request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyEncipherment
                | X509KeyUsageFlags.DigitalSignature | (isAuthority ? X509KeyUsageFlags.KeyCertSign : X509KeyUsageFlags.None), true));
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(
                [new Oid("1.3.6.1.5.5.7.3.1"), new Oid("1.3.6.1.5.5.7.3.2")], false));
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(isAuthority, false, 0, true));
            if (isAuthority) request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
            else AddNames(request, a, addresses);
            if (Math.Abs(a.Int(days)) > MostDays) throw new TemplateFault($"a certificate is valid for at most {MostDays} days");
            var now = DateTimeOffset.UtcNow;
            var end = now.AddDays(a.Int(days));
            if (end < now) throw new TemplateFault("a certificate has to be valid for some days");
            var serial = RandomNumberGenerator.GetBytes(16);
            serial[0] &= 0x7F;
            try
            {
                var made = authority is null ? Signed(request, request.SubjectName, key, now, end, serial)
                    : SignedBy(authority, request, a, now, end, serial);
                using (made) return new Certificate(made.ExportCertificatePem() + "\n", Pem(key));
            }
            catch (CryptographicException e)
            {
                throw new TemplateFault("error creating certificate: " + e.Message);
            }
        }
    }

    private static CertificateRequest Request(string name, AsymmetricAlgorithm key)
    {
        if (name.Length > Longest) throw new TemplateFault("the name is too long");
        var subject = new X500DistinguishedNameBuilder();
        if (name.Length > 0) subject.AddCommonName(name);
        return key is RSA rsa
            ? new CertificateRequest(subject.Build(), rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            : new CertificateRequest(subject.Build(), (ECDsa)key, HashAlgorithmName.SHA256);
    }

    private static X509Certificate2 Signed(
        CertificateRequest request, X500DistinguishedName issuer, AsymmetricAlgorithm key, DateTimeOffset from, DateTimeOffset to,
        byte[] serial)
    {
        var generator = key is RSA rsa ? X509SignatureGenerator.CreateForRSA(rsa, RSASignaturePadding.Pkcs1)
            : X509SignatureGenerator.CreateForECDsa((ECDsa)key);
        return request.Create(issuer, generator, from, to, serial);
    }

    private static X509Certificate2 SignedBy(
        Certificate authority, CertificateRequest request, Arguments a, DateTimeOffset from, DateTimeOffset to, byte[] serial)
    {
        using var issuer = Certificate(authority.Cert);
        using var key = Read(a, authority.Key);
        if (issuer.Extensions.OfType<X509SubjectKeyIdentifierExtension>().FirstOrDefault() is { } id)
            request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromSubjectKeyIdentifier(id));
        return Signed(request, issuer.SubjectName, key, from, to, serial);
    }

    private static X509Certificate2 Certificate(string pem)
    {
        if (pem.Length > Longest || !PemEncoding.TryFind(pem, out var fields)) throw new TemplateFault("unable to decode certificate");
        try
        {
            return X509CertificateLoader.LoadCertificate(Convert.FromBase64String(pem[fields.Base64Data]));
        }
        catch (CryptographicException e)
        {
            throw new TemplateFault("error parsing certificate: decodedCert.Bytes: " + e.Message);
        }
    }

    private static void AddNames(CertificateRequest request, Arguments a, int place)
    {
        var names = new SubjectAlternativeNameBuilder();
        var (addresses, hosts) = (Items(a, place), Items(a, place + 1));
        foreach (var host in hosts)
        {
            names.AddDnsName(host as string
                ?? throw new TemplateFault($"error processing alternate dns name: {a.Budget.Text(host)} is not a string"));
        }

        foreach (var address in addresses)
        {
            if (address is not string text) throw new TemplateFault($"error parsing ip: {a.Budget.Text(address)} is not a string");
            names.AddIpAddress(IPAddress.TryParse(text, out var ip) ? ip : throw new TemplateFault($"error parsing ip: {text}"));
        }

        if (addresses.Count + hosts.Count > 0) request.CertificateExtensions.Add(names.Build());
    }

    private static IReadOnlyList<object?> Items(Arguments a, int place)
    {
        var items = a[place] as IReadOnlyList<object?> ?? [];
        if (items.Count > MostNames) throw new TemplateFault($"a certificate has at most {MostNames} names");
        foreach (var item in items)
        {
            a.Budget.Step(100);
            a.Budget.Allocate(1024 + (32L * ((item as string)?.Length ?? 0)));
        }

        return items;
    }

    private static object? Build(Arguments a)
    {
        if (EncodingFunctions.Base64(a.Text(0), out var cert) is not null) throw new TemplateFault("unable to decode base64 certificate");
        if (EncodingFunctions.Base64(a.Text(1), out var key) is not null) throw new TemplateFault("unable to decode base64 private key");
        var made = new Certificate(GoText.From(cert), GoText.From(key));
        Charge(a, StepsOfKey);
        Certificate(made.Cert).Dispose();
        Read(a, made.Key).Dispose();
        return made;
    }
}
