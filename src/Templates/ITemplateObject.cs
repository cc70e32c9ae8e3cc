namespace Anvil.Templates;

/// <summary>An object that templates can read: fields, and methods that take arguments (`.Machine.Name`, `.Param "x"`).</summary>
public interface ITemplateObject
{
    /// <summary>
    /// Reads a field or calls a method. False when there is no such member; a method that fails throws <see cref="TemplateFault"/>.
    /// </summary>
    bool TryGet(string name, IReadOnlyList<object?> arguments, out object? value);
}
