namespace Anvil.Provisioning.Tests.Boot.Kickstarts;

/// <summary>A command of a kickstart file, or the beginning of a section, that was read.</summary>
/// <param name="Name">Its first word.</param>
/// <param name="Release">The release that it is read for.</param>
/// <param name="Number">Number of its line, from 1.</param>
internal sealed record KickstartLine(string Name, int Release, int Number)
{
    /// <summary>Its options and their values, by their first names.</summary>
    public Dictionary<string, string> Options { get; } = new(StringComparer.Ordinal);

    /// <summary>The words that are no options.</summary>
    public List<string> Arguments { get; } = [];

    /// <summary>What Anaconda refuses.</summary>
    public List<string> Problems { get; } = [];

    /// <summary>What Anaconda takes and complains about.</summary>
    public List<string> Warnings { get; } = [];

    /// <summary>True when an option is given.</summary>
    public bool Has(string option) => Options.ContainsKey(option);

    /// <summary>An option's value; "" without.</summary>
    public string this[string option] => Options.GetValueOrDefault(option, "");

    /// <summary>How many of some options have values.</summary>
    public int Count(params string[] options) => options.Count(o => this[o].Length > 0);
}
