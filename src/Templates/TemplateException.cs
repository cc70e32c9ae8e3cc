namespace Anvil.Templates;

/// <summary>A template that cannot be parsed or executed. The message names template, line and cause, as Go's text/template
/// does.</summary>
public sealed class TemplateException(string template, int line, string cause, string message)
    : Exception(message)
{
    /// <summary>Name of the template in which the fault lies.</summary>
    public string Template { get; } = template;

    /// <summary>1-based line of the fault.</summary>
    public int Line { get; } = line;

    /// <summary>The fault alone, without its position.</summary>
    public string Cause { get; } = cause;

    internal static TemplateException Parse(string template, int line, string cause)
        => new(template, line, cause, $"template: {template}:{line}: {cause}");

    internal static TemplateException Execute(string template, int line, string at, string cause)
        => new(template, line, cause, $"template: {template}:{line}: executing \"{template}\" at <{at}>: {cause}");
}
