namespace Anvil.Silo.Tls;

/// <summary>
/// A certificate and its key in files that the settings name. Their texts are read and compared, not their times: who renews
/// certificates moves files, turns links, or writes in place.
/// </summary>
/// <param name="certificate">File with the chain, the server's certificate first.</param>
/// <param name="key">File with the key.</param>
internal sealed class GivenCertificate(string certificate, string key) : ICertificateSource
{
    /// <summary>Octets of either file.</summary>
    public const int Longest = 256 << 10;

    private (string Certificate, string Key)? _seen;

    /// <inheritdoc/>
    public string Name => certificate;

    /// <inheritdoc/>
    public ServerCertificate First(DateTimeOffset now)
    {
        _seen = Read();
        return ServerCertificate.Parse(_seen.Value.Certificate, _seen.Value.Key);
    }

    /// <inheritdoc/>
    public ServerCertificate? Next(ServerCertificate current, DateTimeOffset now)
    {
        var texts = Read();
        if (texts == _seen) return null;
        // A fault is told once, until either file is another again.
        _seen = texts;
        var next = ServerCertificate.Parse(texts.Certificate, texts.Key);
        return next.Holds(now) ? next
            : throw new CertificateException($"the certificate holds from {next.NotBefore:u} to {next.NotAfter:u}, and not now");
    }

    private (string Certificate, string Key) Read() => (Read(certificate), Read(key));

    private static string Read(string path)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            if (stream.Length > Longest) throw new CertificateException($"{path} is longer than {Longest} octets");
            using var reader = new StreamReader(stream);
            return reader.ReadToEnd();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CertificateException($"{path} cannot be read: {e.Message}", e);
        }
    }
}
