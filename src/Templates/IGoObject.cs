namespace Anvil.Templates;

/// <summary>An object of Go's or Sprig's own: a time, a version, a certificate.</summary>
internal interface IGoObject : ITemplateObject
{
    /// <summary>Name of its type.</summary>
    string Type { get; }

    /// <summary>How it is printed.</summary>
    string Text { get; }

    /// <summary>What it is in JSON; a text or a map.</summary>
    object Json { get; }
}
