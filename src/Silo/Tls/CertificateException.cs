namespace Anvil.Silo.Tls;

/// <summary>A certificate, or its key, that cannot be served; the message says why, and holds nothing of the key.</summary>
internal sealed class CertificateException : Exception
{
    /// <summary>An exception without a reason.</summary>
    public CertificateException()
    {
    }

    /// <summary>An exception that says why.</summary>
    public CertificateException(string message)
        : base(message)
    {
    }

    /// <summary>An exception that says why, and what it was seen by.</summary>
    public CertificateException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
