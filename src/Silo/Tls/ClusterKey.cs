using System.Numerics;
using System.Security.Cryptography;
using System.Text;

namespace Anvil.Silo.Tls;

/// <summary>
/// The key of the certificates that a cluster's silos make for themselves: one for all, so that a machine that was told its public key by
/// one silo knows the others by it. It follows from the master key, which all have, and nothing leads back (HKDF, RFC 5869).
/// </summary>
internal static class ClusterKey
{
    /// <summary>64 bits more than the order has, so that none of the numbers is likelier (FIPS 186-5, appendix A.2.1).</summary>
    private const int Octets = 40;

    private static readonly byte[] Purpose = Encoding.ASCII.GetBytes("anvil: key of the API's certificates, P-256");

    private static readonly BigInteger Order = BigInteger.Parse("0FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551",
        System.Globalization.NumberStyles.HexNumber, System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>The key that follows from a master key; the caller disposes it.</summary>
    public static ECDsa Of(byte[] master)
    {
        var octets = HKDF.DeriveKey(HashAlgorithmName.SHA256, master, Octets, info: Purpose);
        var number = (new BigInteger(octets, isUnsigned: true, isBigEndian: true) % (Order - 1)) + 1;
        var secret = new byte[32];
        var digits = number.ToByteArray(isUnsigned: true, isBigEndian: true);
        digits.CopyTo(secret, secret.Length - digits.Length);
        try
        {
            return ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = secret });
        }
        finally
        {
            CryptographicOperations.ZeroMemory(octets);
            CryptographicOperations.ZeroMemory(digits);
            CryptographicOperations.ZeroMemory(secret);
        }
    }
}
