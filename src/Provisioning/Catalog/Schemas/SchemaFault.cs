namespace Anvil.Provisioning.Catalog.Schemas;

/// <summary>A schema that cannot be used; the message names the place by its JSON pointer.</summary>
internal sealed class SchemaFault(string message) : Exception(message);
