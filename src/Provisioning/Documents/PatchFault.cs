namespace Anvil.Provisioning.Documents;

/// <summary>An operation of a patch cannot be carried out.</summary>
internal sealed class PatchFault(string message) : Exception(message);
