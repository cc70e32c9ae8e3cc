namespace Anvil.Templates;

/// <summary>The bounds of a render, of which a <see cref="TemplateException"/> names the one that was hit.</summary>
public enum TemplateBound
{
    /// <summary>Work: nodes evaluated, items handled, texts read.</summary>
    Steps,

    /// <summary>Octets of the values that were made.</summary>
    Memory,

    /// <summary>Characters of output.</summary>
    Output,

    /// <summary>Levels of templates, actions, parentheses or values within one another.</summary>
    Depth,

    /// <summary>Time.</summary>
    Time,
}
