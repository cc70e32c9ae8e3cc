using System.Security.Cryptography;
using Anvil.Provisioning.Machines;

namespace Anvil.Grains;

/// <summary>Chance as the operating system gives it.</summary>
public static class SystemEntropy
{
    private const string Letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

    /// <summary>
    /// Uuids of version 4, secrets of 24 letters and digits (142 bits), names of boots of 16 hexadecimal digits (64 bits).
    /// </summary>
    public static Entropy Entropy { get; } = new(
        () => Guid.NewGuid().ToString(),
        () => RandomNumberGenerator.GetString(Letters, 24),
        () => RandomNumberGenerator.GetHexString(16, lowercase: true));
}
