namespace Anvil.Templates;

/// <summary>
/// A template that cannot be parsed or executed. The message names template, line, column and cause, as Go's text/template does (which
/// names no column of what cannot be parsed).
/// </summary>
public sealed class TemplateException(string template, int line, string cause, string message, int column = 0, TemplateBound? spent = null)
    : Exception(message)
{
    /// <summary>Longest cause that is told, in characters: a template can make its own with `fail`.</summary>
    private const int LongestCause = 4096;

    /// <summary>
    /// Where the fault lies: template, line, column, and the call as the template's author wrote it. Nothing of what was handed to it.
    /// </summary>
    public string Place { get; } = message.EndsWith($": {cause}", StringComparison.Ordinal) ? message[..^(cause.Length + 2)]
        : $"template: {template}:{line}:{column}";

    /// <summary>Name of the template in which the fault lies.</summary>
    public string Template { get; } = template;

    /// <summary>1-based line of the fault; 0: the whole template.</summary>
    public int Line { get; } = line;

    /// <summary>Characters before the fault in its line, as Go counts columns.</summary>
    public int Column { get; } = column;

    /// <summary>The fault alone, without its position.</summary>
    public string Cause { get; } = cause;

    /// <summary>The bound of the budget that was hit; null for any other fault.</summary>
    public TemplateBound? Spent { get; } = spent;

    internal static TemplateException Parse(string template, int line, int column, string cause, TemplateBound? spent = null)
        => new(template, line, cause, $"template: {template}:{line}{(spent is null ? "" : $":{column}")}: {cause}", column, spent);

    internal static TemplateException Execute(string template, int line, int column, string at, string cause, TemplateBound? spent)
    {
        if (cause.Length > LongestCause) cause = cause[..LongestCause] + "...";
        return new(template, line, cause, $"template: {template}:{line}:{column}: executing \"{template}\" at <{at}>: {cause}", column,
            spent);
    }
}
