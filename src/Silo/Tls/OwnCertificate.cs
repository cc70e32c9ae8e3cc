using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Anvil.Silo.Tls;

/// <summary>
/// The certificate that a silo makes for itself, in two files of its data folder: made at the first start, kept at the next ones, and made
/// anew with the same key before it ends. It is for the host's name and addresses and for loopback, as they are when it is made.
/// </summary>
/// <param name="folder">The data folder.</param>
/// <param name="names">Further names and addresses that it is for.</param>
/// <param name="master">Of a cluster the master key, from which the key follows; null: a key of the silo's own.</param>
internal sealed class OwnCertificate(string folder, IReadOnlyList<string> names, byte[]? master) : ICertificateSource
{
    /// <summary>How long it holds: what browsers and systems take at most where somebody trusts it by hand.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromDays(825);

    /// <summary>It is made anew so long before its end.</summary>
    public static readonly TimeSpan Before = TimeSpan.FromDays(60);

    /// <summary>A client's clock may be so far behind.</summary>
    private static readonly TimeSpan Early = TimeSpan.FromDays(1);

    /// <summary>Names and addresses in it.</summary>
    private const int MostNames = 100;

    /// <inheritdoc/>
    public string Name => CertificateFile;

    /// <summary>The certificate.</summary>
    public string CertificateFile => Path.Combine(folder, "api-certificate.pem");

    /// <summary>Its key.</summary>
    public string KeyFile => Path.Combine(folder, "api-key.pem");

    /// <inheritdoc/>
    public ServerCertificate First(DateTimeOffset now)
    {
        using var key = Key();
        var kept = Kept(key);
        if (kept is not null && !IsToEnd(kept, now)) return kept;
        try
        {
            return Make(key, now);
        }
        catch (CertificateException) when (kept?.Holds(now) == true)
        {
            // It is good for a while yet, and the silo says why there is no other.
            return kept;
        }
    }

    /// <inheritdoc/>
    public ServerCertificate? Next(ServerCertificate current, DateTimeOffset now)
    {
        if (!IsToEnd(current, now)) return null;
        using var key = Key();
        return Make(key, now);
    }

    /// <summary>A clock that was set right may leave one from the future.</summary>
    private static bool IsToEnd(ServerCertificate one, DateTimeOffset now) => now < one.NotBefore || one.NotAfter - now < Before;

    /// <summary>The one that is there; null where it is another key's, or damaged: it is nobody's but this silo's.</summary>
    private ServerCertificate? Kept(ECDsa key)
    {
        try
        {
            return File.Exists(CertificateFile)
                ? ServerCertificate.Parse(File.ReadAllText(CertificateFile), key.ExportPkcs8PrivateKeyPem()) : null;
        }
        catch (CertificateException)
        {
            return null;
        }
    }

    private ECDsa Key()
    {
        if (master is not null) return ClusterKey.Of(master);
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        try
        {
            if (File.Exists(KeyFile)) key.ImportFromPem(File.ReadAllText(KeyFile));
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            // Damaged: the fresh one takes its place.
        }

        return key;
    }

    private ServerCertificate Make(ECDsa key, DateTimeOffset now)
    {
        var host = Dns.GetHostName();
        var request = new CertificateRequest(new X500DistinguishedName($"CN={Common(host)}, O=Anvil"), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        request.CertificateExtensions.Add(AllNames(host).Build());
        using var made = request.CreateSelfSigned(now - Early, now + Life);
        var (certificate, secret) = (made.ExportCertificatePem() + "\n", key.ExportPkcs8PrivateKeyPem() + "\n");
        // The key first: a certificate without its key would be of no use, a key alone is kept.
        Write(KeyFile, secret);
        Write(CertificateFile, certificate);
        return ServerCertificate.Parse(certificate, secret);
    }

    private static string Common(string host) => Uri.CheckHostName(host) == UriHostNameType.Dns && host.Length <= 64 ? host : "anvil";

    private SubjectAlternativeNameBuilder AllNames(string host)
    {
        var (builder, told) = (new SubjectAlternativeNameBuilder(), new HashSet<string>(StringComparer.OrdinalIgnoreCase));
        foreach (var name in new[] { host, "localhost", "127.0.0.1", "::1" }.Concat(names).Concat(Addresses()))
        {
            if (told.Count >= MostNames || !told.Add(name)) continue;
            if (IPAddress.TryParse(name, out var address)) builder.AddIpAddress(address);
            else if (Uri.CheckHostName(name) == UriHostNameType.Dns) builder.AddDnsName(name);
        }

        return builder;
    }

    private static IEnumerable<string> Addresses()
    {
        try
        {
            return [.. NetworkInterface.GetAllNetworkInterfaces().SelectMany(i => i.GetIPProperties().UnicastAddresses)
                .Select(a => a.Address).Where(a => !IPAddress.IsLoopback(a) && !a.IsIPv6LinkLocal
                    && a.AddressFamily is AddressFamily.InterNetwork or AddressFamily.InterNetworkV6)
                .OrderBy(a => a.AddressFamily).Select(a => a.ToString())];
        }
        catch (NetworkInformationException)
        {
            return [];
        }
    }

    /// <summary>Written whole under another name first, readable by its owner alone from its first octet on.</summary>
    private static void Write(string path, string text)
    {
        var fresh = $"{path}.{Environment.ProcessId}";
        try
        {
            using (var stream = new FileStream(fresh, new FileStreamOptions
            {
                Mode = FileMode.Create,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            }))
            {
                using var writer = new StreamWriter(stream);
                writer.Write(text);
                writer.Flush();
                stream.Flush(flushToDisk: true);
            }

            File.Move(fresh, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CertificateException($"{path} cannot be written: {e.Message}", e);
        }
    }
}
