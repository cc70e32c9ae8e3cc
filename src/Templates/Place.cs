namespace Anvil.Templates;

/// <summary>Where something stands in a template's text.</summary>
/// <param name="Line">1-based line.</param>
/// <param name="Column">Characters before it in its line.</param>
internal readonly record struct Place(int Line, int Column);
