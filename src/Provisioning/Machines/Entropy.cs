namespace Anvil.Provisioning.Machines;

/// <summary>Chance that rules need, given by who asks them: the same chance and time give the same result.</summary>
/// <param name="Uuid">Makes a uuid (RFC 9562).</param>
/// <param name="Secret">Makes a secret that signs a machine's tokens.</param>
/// <param name="BootId">Makes the name of one network boot.</param>
public sealed record Entropy(Func<string> Uuid, Func<string> Secret, Func<string> BootId);
