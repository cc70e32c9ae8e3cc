namespace Anvil.Provisioning.Catalog.Schemas;

/// <summary>Checking a value takes more than <see cref="SchemaLimits"/> allow; the value counts as one that does not fit.</summary>
internal sealed class SchemaOverrun(string message) : Exception(message);
