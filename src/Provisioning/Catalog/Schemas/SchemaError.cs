namespace Anvil.Provisioning.Catalog.Schemas;

/// <summary>What does not fit: the keyword that says so, and a line for a person, which may quote the value.</summary>
internal sealed record SchemaError(string Keyword, string Text);
