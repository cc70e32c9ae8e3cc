namespace Anvil.Templates;

/// <summary>An object that templates can read: fields, and methods that take arguments (`.Machine.Name`, `.Param "x"`).</summary>
public interface ITemplateObject
{
    /// <summary>False for what stands for nothing (a nil pointer in Go): `if` and `with` take their other branch.</summary>
    bool IsTrue => true;

    /// <summary>
    /// Reads a field or calls a method. False when there is no such member; a method that fails throws <see cref="TemplateFault"/>.
    /// </summary>
    /// <param name="name">The member's name.</param>
    /// <param name="arguments">Arguments of the call; none for a field.</param>
    /// <param name="budget">What the render may still take: whatever is made for the value is charged to it.</param>
    /// <param name="value">The value.</param>
    bool TryGet(string name, IReadOnlyList<object?> arguments, RenderBudget budget, out object? value);
}
