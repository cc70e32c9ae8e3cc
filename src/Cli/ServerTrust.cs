using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Anvil.Cli;

/// <summary>
/// Whether who answers is the server that is meant: by the hash of its public key, by an authority's certificate, by those that the system
/// trusts, or not asked.
/// </summary>
public sealed class ServerTrust
{
    private readonly string _pin;
    private readonly X509Certificate2Collection _authorities;
    private readonly bool _isAny;

    private ServerTrust(string pin, X509Certificate2Collection authorities, bool isAny)
        => (_pin, _authorities, _isAny) = (pin, authorities, isAny);

    /// <summary>By what the system trusts.</summary>
    public static ServerTrust Default => new("", [], false);

    /// <summary>Why the last server was not the one that is meant, and what would let it be; "" when it was.</summary>
    public string Refusal { get; private set; } = "";

    /// <summary>What a command line says.</summary>
    /// <param name="pin">sha256//BASE64 of the public key, several with semicolons between them; "" for none.</param>
    /// <param name="authority">File with certificates in PEM form that are trusted; "" for none.</param>
    /// <param name="isAny">Whoever answers is taken.</param>
    /// <exception cref="CliException">The file holds no certificate, or more than one way is given.</exception>
    public static ServerTrust Of(string pin, string authority, bool isAny)
    {
        if ((pin.Length > 0 ? 1 : 0) + (authority.Length > 0 ? 1 : 0) + (isAny ? 1 : 0) > 1)
            throw new CliException("a server is known by one of --pin, --ca and --insecure");
        if (pin.Split(';').Any(p => p.Length > 0 && !p.StartsWith("sha256//", StringComparison.Ordinal)))
            throw new CliException($"{pin} is no pin: sha256// and the hash in base 64 are needed");
        var authorities = new X509Certificate2Collection();
        try
        {
            if (authority.Length > 0) authorities.ImportFromPemFile(authority);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new CliException($"{authority} cannot be read: {e.Message}", e);
        }

        if (authority.Length > 0 && authorities.Count == 0) throw new CliException($"{authority} holds no certificate in PEM form");
        return new ServerTrust(pin, authorities, isAny);
    }

    /// <summary>Looks at a server's certificate.</summary>
    public bool Check(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        Refusal = "";
        if (_isAny) return true;
        if (certificate is not X509Certificate2 shown) return Refuse("it shows no certificate");
        var pin = "sha256//" + Convert.ToBase64String(SHA256.HashData(shown.PublicKey.ExportSubjectPublicKeyInfo()));
        if (_pin.Length > 0)
            return _pin.Split(';').Contains(pin, StringComparer.Ordinal) || Refuse($"its public key is {pin}, not {_pin}");
        if (_authorities.Count > 0 && errors == SslPolicyErrors.RemoteCertificateChainErrors && IsOfAuthorities(shown, chain)) return true;
        if (errors == SslPolicyErrors.None && _authorities.Count == 0) return true;
        if (errors == SslPolicyErrors.None && IsOfAuthorities(shown, chain)) return true;
        var why = errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch) ? "its certificate is not for that name"
            : "its certificate is not by an authority that is trusted";
        return Refuse($"{why}. Its public key is {pin}: where that is right (the silo's log tells it), give --pin '{pin}'; "
            + "or --ca with the file of an authority's certificate, or the server's own; or --insecure, which asks nobody");
    }

    private bool IsOfAuthorities(X509Certificate2 shown, X509Chain? sent)
    {
        using var own = new X509Chain();
        own.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        own.ChainPolicy.CustomTrustStore.AddRange(_authorities);
        own.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        if (sent is not null) own.ChainPolicy.ExtraStore.AddRange(sent.ChainElements.Select(e => e.Certificate).ToArray());
        return own.Build(shown);
    }

    private bool Refuse(string why)
    {
        Refusal = why;
        return false;
    }
}
