namespace Anvil.Provisioning.Access;

/// <summary>Who writes a document, with the rights that the document may remember of it.</summary>
/// <param name="Name">User, machine uuid, or part of Anvil.</param>
/// <param name="IsUser">False for machines and their jobs.</param>
/// <param name="Rights">What it may do; null for everything.</param>
/// <param name="Roles">The roles that its token is limited to, for as long as they have their rights; none for another token.</param>
public sealed record Signer(string Name, bool IsUser, Rights? Rights, IReadOnlyList<string> Roles);
