using System.Security.Cryptography;
using System.Text;
using Anvil.Provisioning.Access;

namespace Anvil.Objects;

/// <summary>The secure params that a request has opened so far, over all rows that it shows.</summary>
public sealed class OpenedSecrets
{
    private readonly HashSet<string> _params = new(StringComparer.Ordinal);
    private readonly HashSet<(string Prefix, string Key)> _objects = [];

    /// <summary>A value was opened.</summary>
    /// <param name="prefix">Kind of the object that holds it.</param>
    /// <param name="key">Its key.</param>
    /// <param name="name">The param.</param>
    public void Add(string prefix, string key, string name)
    {
        _objects.Add((prefix, key));
        _params.Add(name);
    }

    private static string Hash(List<(string Prefix, string Key)> objects)
        => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', objects.Select(o => $"{o.Prefix}:{o.Key}")))));

    /// <summary>What is to be told of it, one record for all rows; null where nothing was opened.</summary>
    public SecretOpening? Of(Principal who, string how)
    {
        if (_objects.Count == 0) return null;
        var ordered = _objects.Order().ToList();
        var first = ordered[0];
        var machines = _objects.Where(o => o.Prefix == "machines").Take(2).ToList();
        return new SecretOpening(SecretOpening.Named(who), who.Kind != PrincipalKind.User,
            _objects.Count == 1 ? $"{first.Prefix}:{first.Key}" : $"{_objects.Count} objects, {first.Prefix}:{first.Key} and others", how,
            [.. _params])
        {
            Machine = machines is [var one] ? one.Key : "",
            Source = who.Kind == PrincipalKind.User ? "" : who.Name,
            Which = ordered.Count == 1 ? "" : Hash(ordered),
        };
    }
}
