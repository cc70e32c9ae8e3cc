using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Anvil.Templates;

/// <summary>bcrypt, version 2a with cost 10, as Sprig makes it.</summary>
internal static class Bcrypt
{
    public const int SaltOctets = 16;

    private const int Cost = 10;
    private const int Rounds = 16;
    private const int BoxSize = 256;
    private const int HashOctets = 23;

    /// <summary>Octets of a password that count, the zero at its end included.</summary>
    private const int MostOctets = 72;

    private const string Alphabet = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    /// <summary>Blowfish begins with the digits of pi after its point: first the subkeys, then four boxes.</summary>
    private static readonly uint[] Pi = Digits(Rounds + 2 + (4 * BoxSize));

    public static string Hash(byte[] password, byte[] salt, RenderBudget budget)
    {
        if (password.Length > MostOctets)
            return "failed to encrypt string with bcrypt: bcrypt: password length exceeds 72 bytes";
        byte[] key = [.. password, 0];
        if (key.Length > MostOctets) key = key[..MostOctets];
        var state = new State(Pi);
        state.Expand(key, salt);
        for (var i = 0; i < 1 << Cost; i++)
        {
            if (i % 64 == 0) budget.Look();
            state.Expand(key, []);
            state.Expand(salt, []);
        }

        var words = new uint[6];
        var text = "OrpheanBeholderScryDoubt"u8;
        for (var i = 0; i < words.Length; i++) words[i] = BinaryPrimitives.ReadUInt32BigEndian(text[(4 * i)..]);
        for (var i = 0; i < words.Length; i += 2)
        {
            for (var j = 0; j < 64; j++) state.Encrypt(ref words[i], ref words[i + 1]);
        }

        var hash = new byte[4 * words.Length];
        for (var i = 0; i < words.Length; i++) BinaryPrimitives.WriteUInt32BigEndian(hash.AsSpan(4 * i), words[i]);
        return $"$2a${Cost}${Base64(salt)}{Base64(hash.AsSpan(0, HashOctets))}";
    }

    private static string Base64(ReadOnlySpan<byte> octets)
    {
        var text = new StringBuilder();
        int bits = 0, buffer = 0;
        foreach (var octet in octets)
        {
            buffer = (buffer << 8) | octet;
            for (bits += 8; bits >= 6; bits -= 6) text.Append(Alphabet[(buffer >> (bits - 6)) & 63]);
            buffer &= (1 << bits) - 1;
        }

        if (bits > 0) text.Append(Alphabet[(buffer << (6 - bits)) & 63]);
        return text.ToString();
    }

    /// <summary>The first words of pi's fraction: 16 arctan(1/5) - 4 arctan(1/239).</summary>
    private static uint[] Digits(int count)
    {
        const int Guard = 64;
        var one = BigInteger.One << ((32 * count) + Guard);
        var pi = (16 * Arctangent(5, one)) - (4 * Arctangent(239, one));
        var fraction = (pi - (3 * one)) >> Guard;
        var words = new uint[count];
        for (var i = count - 1; i >= 0; i--, fraction >>= 32) words[i] = (uint)(fraction & uint.MaxValue);
        return words;
    }

    private static BigInteger Arctangent(int inverse, BigInteger one)
    {
        var power = one / inverse;
        var sum = power;
        for (var n = 3; power.Sign != 0; n += 2)
        {
            power /= -(inverse * inverse);
            sum += power / n;
        }

        return sum;
    }

    /// <summary>Blowfish's subkeys and boxes.</summary>
    private sealed class State(uint[] start)
    {
        private readonly uint[] _words = [.. start];

        /// <summary>Mixes a key, and a salt where there is one, into all of it.</summary>
        public void Expand(ReadOnlySpan<byte> key, ReadOnlySpan<byte> salt)
        {
            var at = 0;
            for (var i = 0; i < Rounds + 2; i++) _words[i] ^= Word(key, ref at);
            uint left = 0, right = 0;
            at = 0;
            for (var i = 0; i < _words.Length; i += 2)
            {
                if (salt.Length > 0)
                {
                    left ^= Word(salt, ref at);
                    right ^= Word(salt, ref at);
                }

                Encrypt(ref left, ref right);
                (_words[i], _words[i + 1]) = (left, right);
            }
        }

        public void Encrypt(ref uint left, ref uint right)
        {
            var words = _words;
            var (l, r) = (left, right);
            for (var i = 0; i < Rounds; i += 2)
            {
                l ^= words[i];
                r ^= Round(words, l);
                r ^= words[i + 1];
                l ^= Round(words, r);
            }

            (left, right) = (r ^ words[Rounds + 1], l ^ words[Rounds]);
        }

        private static uint Round(uint[] words, uint x)
        {
            const int Boxes = Rounds + 2;
            return ((words[Boxes + (x >> 24)] + words[Boxes + BoxSize + ((x >> 16) & 0xFF)])
                ^ words[Boxes + (2 * BoxSize) + ((x >> 8) & 0xFF)]) + words[Boxes + (3 * BoxSize) + (x & 0xFF)];
        }

        private static uint Word(ReadOnlySpan<byte> octets, ref int at)
        {
            uint word = 0;
            for (var i = 0; i < 4; i++, at = (at + 1) % octets.Length) word = (word << 8) | octets[at];
            return word;
        }
    }
}
