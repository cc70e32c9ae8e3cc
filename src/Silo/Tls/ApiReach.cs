using Anvil.Contracts.Access;
using Anvil.Edge;

namespace Anvil.Silo.Tls;

/// <summary>What machines are told of the API: its scheme, and by what they know it.</summary>
/// <param name="edge">The edge's settings.</param>
/// <param name="certificates">What this silo serves.</param>
internal sealed class ApiReach(EdgeOptions edge, ServerCertificates certificates) : IApiReach
{
    private const string Start = "sha256//";
    private readonly string _pins = string.Join(';', edge.ApiPins);

    /// <inheritdoc/>
    public string Scheme => edge.ApiScheme;

    /// <inheritdoc/>
    public string Pin => Scheme != "https" ? "" : _pins.Length > 0 ? _pins : certificates.Current.Pin;

    /// <summary>Checks the settings.</summary>
    /// <exception cref="InvalidOperationException">One is none.</exception>
    public static void Check(EdgeOptions edge)
    {
        if (edge.ApiScheme is not ("https" or "http"))
            throw new InvalidOperationException($"Edge:ApiScheme is https or http, not {edge.ApiScheme}");
        var hash = new byte[32];
        foreach (var pin in edge.ApiPins)
        {
            if (!pin.StartsWith(Start, StringComparison.Ordinal)
                || !Convert.TryFromBase64String(pin[Start.Length..], hash, out var length) || length != hash.Length)
                throw new InvalidOperationException($"Edge:ApiPins are {Start} and 32 octets in base 64, not {pin}");
        }
    }
}
