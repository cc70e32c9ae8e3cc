using System.Globalization;
using System.Numerics;

namespace Anvil.Templates;

/// <summary>A whole number beyond 64 bits: Go would have a float of it, and lose digits; here it is one that keeps them.</summary>
internal sealed record BigWhole(BigInteger Value)
{
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
