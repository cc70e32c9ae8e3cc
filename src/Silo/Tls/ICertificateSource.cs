namespace Anvil.Silo.Tls;

/// <summary>Where the API's certificate comes from.</summary>
internal interface ICertificateSource
{
    /// <summary>Its file.</summary>
    string Name { get; }

    /// <summary>The certificate to begin with.</summary>
    /// <exception cref="CertificateException">There is none that can be served.</exception>
    ServerCertificate First(DateTimeOffset now);

    /// <summary>The certificate to go on with; null where nothing has changed.</summary>
    /// <exception cref="CertificateException">What is there now cannot be served.</exception>
    ServerCertificate? Next(ServerCertificate current, DateTimeOffset now);
}
