namespace Anvil.Provisioning.Catalog;

/// <summary>A file to render: where it appears, and either the template to call or the text itself (DRP's TemplateInfo).</summary>
public sealed record TemplateInfo
{
    /// <summary>Name, unique within its owner.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>Path of the rendered file; a template.</summary>
    public string Path { get; init => field = value ?? ""; } = "";

    /// <summary>Template to call; exactly one of ID and Contents is set.</summary>
    public string ID { get; init => field = value ?? ""; } = "";

    /// <summary>The text itself.</summary>
    public string Contents { get; init => field = value ?? ""; } = "";

    /// <summary>OS (comma list) and Interpreter.</summary>
    public IReadOnlyDictionary<string, string> Meta { get; init => field = value ?? new Dictionary<string, string>(); } =
        new Dictionary<string, string>();
}
