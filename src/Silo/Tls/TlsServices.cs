using Anvil.Contracts.Access;
using Anvil.Edge;

namespace Anvil.Silo.Tls;

/// <summary>The API's certificate as part of a silo.</summary>
internal static class TlsServices
{
    /// <summary>Finds the certificate, makes it where there is none yet, and has it looked after.</summary>
    /// <param name="services">The silo's.</param>
    /// <param name="silo">Its settings.</param>
    /// <param name="edge">The edge's.</param>
    /// <param name="master">The master key.</param>
    /// <exception cref="InvalidOperationException">The certificate that the settings name cannot be served; says why.</exception>
    public static void AddCertificate(this IServiceCollection services, SiloOptions silo, EdgeOptions edge, byte[] master)
    {
        ICertificateSource source = silo.Certificate.Length > 0 ? new GivenCertificate(silo.Certificate, silo.CertificateKey)
            : new OwnCertificate(silo.DataFolder, [.. edge.Names], silo.Postgres.Length > 0 ? master : null);
        ServerCertificate first;
        try
        {
            first = source.First(TimeProvider.System.GetUtcNow());
        }
        catch (CertificateException e)
        {
            throw new InvalidOperationException(
                silo.Certificate.Length > 0 ? $"Silo:Certificate, Silo:CertificateKey: {e.Message}" : e.Message, e);
        }

        services.AddSingleton(s => new ServerCertificates(source, first, s.GetRequiredService<TimeProvider>(),
            s.GetRequiredService<ILogger<ServerCertificates>>()));
        services.AddHostedService(s => s.GetRequiredService<ServerCertificates>());
        services.AddSingleton<IApiReach>(s => new ApiReach(edge, s.GetRequiredService<ServerCertificates>()));
    }

    /// <summary>Checks the settings.</summary>
    /// <exception cref="InvalidOperationException">One cannot be used; says why.</exception>
    public static void Check(SiloOptions silo, EdgeOptions edge)
    {
        if (silo.Certificate.Length > 0 != silo.CertificateKey.Length > 0)
            throw new InvalidOperationException("Silo:Certificate and Silo:CertificateKey go together");
        PlainNetworks.Of(silo.PlainApi);
        ApiReach.Check(edge);
        // Others than its owner and group shall not have it.
        if (silo.CertificateKey.Length > 0 && File.Exists(silo.CertificateKey)) DataFolder.SecureKey(silo.CertificateKey);
    }
}
