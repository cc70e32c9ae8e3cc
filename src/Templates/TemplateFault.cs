namespace Anvil.Templates;

/// <summary>What a template function or method throws when it cannot do its work; the engine adds the position.</summary>
public sealed class TemplateFault(string message) : Exception(message);
