namespace Anvil.Provisioning.Catalog;

/// <summary>
/// A file to render: where it appears, and either the template to call, the text itself, or the static file that lies there (DRP's
/// TemplateInfo).
/// </summary>
public sealed record TemplateInfo
{
    /// <summary>Name, unique within its owner.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>Path of the rendered file; a template.</summary>
    public string Path { get; init => field = value ?? ""; } = "";

    /// <summary>Path of a static boot file that is served there; a template. "" for a file that is rendered.</summary>
    public string Link { get; init => field = value ?? ""; } = "";

    /// <summary>Template to call; exactly one of ID, Contents and Link is set.</summary>
    public string ID { get; init => field = value ?? ""; } = "";

    /// <summary>The text itself.</summary>
    public string Contents { get; init => field = value ?? ""; } = "";

    /// <summary>OS (comma list) and Interpreter.</summary>
    public IReadOnlyDictionary<string, string> Meta { get; init => field = value ?? new Dictionary<string, string>(); } =
        new Dictionary<string, string>();
}
