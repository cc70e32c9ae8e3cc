using System.Security.Cryptography;
using System.Text;

namespace Anvil.Objects.Access;

/// <summary>
/// Passwords that were right, as hashes under a key that only this process has, so that a program that sends one with each request is not
/// verified each time. A changed password is another one: the stored hash is part of it.
/// </summary>
internal sealed class ProvenPasswords
{
    private const int Most = 10_000;
    private static readonly TimeSpan Unused = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Longest = TimeSpan.FromHours(1);
    private static readonly TimeSpan Known = TimeSpan.FromHours(12);
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Proof> _proofs = new(StringComparer.Ordinal);

    /// <summary>The hash by which a name, the user's stored hash and a password are remembered.</summary>
    public string DigestOf(string name, string hash, string password)
        => Convert.ToHexString(HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes($"{name.Length}:{name}{hash.Length}:{hash}{password}")));

    /// <summary>True when it was verified at most an hour ago, and used at most two minutes ago: it need not be again.</summary>
    public bool IsFresh(string digest, DateTimeOffset now)
    {
        lock (_gate)
        {
            if (!_proofs.TryGetValue(digest, out var proof)) return false;
            // A clock that was set back ends it, too.
            if (!IsWithin(now - proof.Used, Unused) || !IsWithin(now - proof.Verified, Longest)) return false;
            _proofs[digest] = proof with { Used = now };
            return true;
        }
    }

    /// <summary>True when it was right within half a day: it is verified before others.</summary>
    public bool IsKnown(string digest, DateTimeOffset now)
    {
        lock (_gate) return _proofs.TryGetValue(digest, out var proof) && IsWithin(now - proof.Used, Known);
    }

    /// <summary>It was verified.</summary>
    public void Add(string digest, DateTimeOffset now)
    {
        lock (_gate)
        {
            if (_proofs.Count >= Most && !_proofs.ContainsKey(digest))
                foreach (var old in _proofs.OrderBy(p => p.Value.Used).Take(Most / 2).Select(p => p.Key).ToList()) _proofs.Remove(old);
            _proofs[digest] = new Proof(now, now);
        }
    }

    private static bool IsWithin(TimeSpan age, TimeSpan most) => age >= TimeSpan.Zero && age <= most;

    private readonly record struct Proof(DateTimeOffset Verified, DateTimeOffset Used);
}
