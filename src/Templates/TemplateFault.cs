namespace Anvil.Templates;

/// <summary>What a template function or method throws when it cannot do its work; the engine adds the position.</summary>
/// <param name="message">What is wrong.</param>
/// <param name="spent">The bound that was hit, when that is what is wrong.</param>
public sealed class TemplateFault(string message, TemplateBound? spent = null) : Exception(message)
{
    /// <summary>The bound that was hit; null for any other fault.</summary>
    public TemplateBound? Spent { get; } = spent;
}
