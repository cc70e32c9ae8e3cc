namespace Anvil.Templates;

/// <summary>Too many renders wait already; whoever asked asks again later.</summary>
public sealed class RenderBusyException(string message) : Exception(message);
