using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;

namespace Anvil.Templates;

/// <summary>scrypt (RFC 7914) with the sizes of the Master Password algorithm: N 32768, r 8, p 2, a key of 64 octets.</summary>
internal static class Scrypt
{
    private const int Cost = 32_768;
    private const int Blocks = 8;
    private const int Parallel = 2;
    private const int KeyOctets = 64;
    private const int WordsOfBlock = 16;
    private const int Words = 2 * Blocks * WordsOfBlock;

    /// <summary>Rounds between two looks at the budget's clock.</summary>
    private const int RoundsPerLook = 2048;

    public static byte[] Key(byte[] password, byte[] salt, RenderBudget budget)
    {
        var octets = Rfc2898DeriveBytes.Pbkdf2(password, salt, 1, HashAlgorithmName.SHA256, Parallel * Words * 4);
        var table = new uint[Cost * Words];
        for (var i = 0; i < Parallel; i++) Mix(octets.AsSpan(i * Words * 4, Words * 4), table, budget);
        return Rfc2898DeriveBytes.Pbkdf2(password, octets, 1, HashAlgorithmName.SHA256, KeyOctets);
    }

    private static void Mix(Span<byte> octets, uint[] table, RenderBudget budget)
    {
        var x = new uint[Words];
        var y = new uint[Words];
        for (var i = 0; i < Words; i++) x[i] = BinaryPrimitives.ReadUInt32LittleEndian(octets[(4 * i)..]);
        for (var i = 0; i < Cost; i++)
        {
            if (i % RoundsPerLook == 0) budget.Look();
            x.CopyTo(table, i * Words);
            Shuffle(x, y);
            (x, y) = (y, x);
        }

        for (var i = 0; i < Cost; i++)
        {
            if (i % RoundsPerLook == 0) budget.Look();
            var at = (int)(x[Words - WordsOfBlock] % Cost) * Words;
            for (var j = 0; j < Words; j++) x[j] ^= table[at + j];
            Shuffle(x, y);
            (x, y) = (y, x);
        }

        for (var i = 0; i < Words; i++) BinaryPrimitives.WriteUInt32LittleEndian(octets[(4 * i)..], x[i]);
    }

    /// <summary>BlockMix: blocks with even numbers go to the first half, the others to the second.</summary>
    private static void Shuffle(uint[] from, uint[] to)
    {
        Span<uint> x = stackalloc uint[WordsOfBlock];
        from.AsSpan(Words - WordsOfBlock).CopyTo(x);
        for (var i = 0; i < 2 * Blocks; i++)
        {
            for (var j = 0; j < WordsOfBlock; j++) x[j] ^= from[(i * WordsOfBlock) + j];
            Salsa(x);
            x.CopyTo(to.AsSpan(((i / 2) + (i % 2 == 0 ? 0 : Blocks)) * WordsOfBlock));
        }
    }

    /// <summary>Salsa20/8.</summary>
    private static void Salsa(Span<uint> block)
    {
        Span<uint> x = stackalloc uint[WordsOfBlock];
        block.CopyTo(x);
        for (var round = 0; round < 4; round++)
        {
            Quarter(x, 0, 4, 8, 12);
            Quarter(x, 5, 9, 13, 1);
            Quarter(x, 10, 14, 2, 6);
            Quarter(x, 15, 3, 7, 11);
            Quarter(x, 0, 1, 2, 3);
            Quarter(x, 5, 6, 7, 4);
            Quarter(x, 10, 11, 8, 9);
            Quarter(x, 15, 12, 13, 14);
        }

        for (var i = 0; i < WordsOfBlock; i++) block[i] += x[i];
    }

    private static void Quarter(Span<uint> x, int a, int b, int c, int d)
    {
        x[b] ^= BitOperations.RotateLeft(x[a] + x[d], 7);
        x[c] ^= BitOperations.RotateLeft(x[b] + x[a], 9);
        x[d] ^= BitOperations.RotateLeft(x[c] + x[b], 13);
        x[a] ^= BitOperations.RotateLeft(x[d] + x[c], 18);
    }
}
