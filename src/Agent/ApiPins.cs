using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Anvil.Agent;

/// <summary>Whether who answers is the API: by the hash of its public key (RFC 7469 section 2.4), as the boot server tells it.</summary>
public static class ApiPins
{
    /// <summary>True where the key is one of those that were told; without any, where the system trusts the certificate.</summary>
    /// <param name="pins">sha256//BASE64, with semicolons between them; "" for none.</param>
    /// <param name="certificate">What the server showed.</param>
    /// <param name="errors">What the system says of it.</param>
    public static bool Match(string pins, X509Certificate? certificate, SslPolicyErrors errors)
    {
        if (pins.Length == 0) return errors == SslPolicyErrors.None;
        if (certificate is not X509Certificate2 shown) return false;
        var pin = "sha256//" + Convert.ToBase64String(SHA256.HashData(shown.PublicKey.ExportSubjectPublicKeyInfo()));
        return pins.Split(';').Contains(pin, StringComparer.Ordinal);
    }
}
