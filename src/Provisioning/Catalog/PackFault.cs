namespace Anvil.Provisioning.Catalog;

/// <summary>A file of a content pack that was not taken as it is.</summary>
/// <param name="Pack">The pack.</param>
/// <param name="File">Path of the file below the pack's folder.</param>
/// <param name="Reason">What is wrong with it.</param>
public sealed record PackFault(string Pack, string File, string Reason);
