namespace Anvil.Provisioning.Network;

/// <summary>Whose an address is, as far as boot files go.</summary>
/// <param name="Token">The client.</param>
/// <param name="Lapsed">Its lease has ended, and nobody has been leased the address since.</param>
/// <param name="Released">It ended because somebody said so in its name.</param>
/// <param name="Former">Beside another server: who had the address until this client asked for it; "" for nobody.</param>
public sealed record LeaseHold(string Token, bool Lapsed = false, bool Released = false, string Former = "");
