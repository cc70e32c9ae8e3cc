namespace Anvil.Objects.Verbs;

/// <summary>
/// What is to be rendered for a machine: a template, a text, or the files of a boot environment, stage or task, of which one may be named.
/// </summary>
public sealed record RenderBody
{
    /// <summary>ID of a template; beside a boot environment, stage or task the name of one of its files.</summary>
    public string Template { get; init => field = value ?? ""; } = "";

    /// <summary>A text that is a template.</summary>
    public string Contents { get; init => field = value ?? ""; } = "";

    /// <summary>A boot environment.</summary>
    public string BootEnv { get; init => field = value ?? ""; } = "";

    /// <summary>A stage.</summary>
    public string Stage { get; init => field = value ?? ""; } = "";

    /// <summary>A task.</summary>
    public string Task { get; init => field = value ?? ""; } = "";

    /// <summary>The system that a task's files are for; "" for linux.</summary>
    public string OS { get; init => field = value ?? ""; } = "";
}
