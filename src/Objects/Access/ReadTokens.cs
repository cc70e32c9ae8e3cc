using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Anvil.Provisioning.Access;

namespace Anvil.Objects.Access;

/// <summary>
/// What tokens said that were read and found to be ours, so that a program that sends one with each request has it verified once. They are
/// found by a hash under a key that only this process has. Whether a token is in time, and whether its proof holds, is asked each time.
/// </summary>
/// <param name="time">The clock.</param>
internal sealed class ReadTokens(TimeProvider time)
{
    /// <summary>Most that are kept; the half that was not used for longest goes then.</summary>
    internal const int Most = 10_000;

    /// <summary>Characters of the longest that is kept: what it says is kept with it.</summary>
    internal const int Longest = 1024;

    private readonly Tokens _tokens = new(time);
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);
    private readonly Lock _gate = new();
    private readonly Dictionary<UInt128, Entry> _entries = [];

    /// <summary>How many are kept.</summary>
    internal int Count
    {
        get
        {
            lock (_gate) return _entries.Count;
        }
    }

    /// <summary>Reads a token; null when it is malformed, forged or expired. The caller still compares the proof.</summary>
    /// <param name="token">The token.</param>
    /// <param name="secret">The secret that it has to be signed with.</param>
    public async Task<TokenClaims?> ReadAsync(string token, string secret)
    {
        if (token.Length > Longest) return await _tokens.ReadAsync(token, secret);
        var digest = DigestOf(token);
        if (Find(digest, secret) is { } known) return known;
        if (await _tokens.ReadAsync(token, secret) is not { } claims) return null;
        Keep(digest, new Entry(claims, secret, time.GetTimestamp()));
        return claims;
    }

    private TokenClaims? Find(UInt128 digest, string secret)
    {
        lock (_gate)
        {
            if (!_entries.TryGetValue(digest, out var entry) || entry.Secret != secret || !_tokens.IsInTime(entry.Claims)) return null;
            _entries[digest] = entry with { Used = time.GetTimestamp() };
            return entry.Claims;
        }
    }

    private void Keep(UInt128 digest, Entry entry)
    {
        lock (_gate)
        {
            if (_entries.Count >= Most && !_entries.ContainsKey(digest))
                foreach (var old in _entries.OrderBy(e => e.Value.Used).Take(Most / 2).Select(e => e.Key).ToList()) _entries.Remove(old);
            _entries[digest] = entry;
        }
    }

    private UInt128 DigestOf(string token)
    {
        Span<byte> digest = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_key, MemoryMarshal.AsBytes(token.AsSpan()), digest);
        return BinaryPrimitives.ReadUInt128LittleEndian(digest);
    }

    private readonly record struct Entry(TokenClaims Claims, string Secret, long Used);
}
