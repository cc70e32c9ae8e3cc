using Anvil.Provisioning.Machines;

namespace Anvil.Provisioning.Boot;

/// <summary>
/// Which params a render asks for, and where it finds them: for a person who looks at what is rendered. Of one render at a time.
/// </summary>
public sealed class ParamReads
{
    /// <summary>Most of them that are kept.</summary>
    public const int Most = 1000;

    /// <summary>Most characters of their names together.</summary>
    public const int MostCharacters = 256 << 10;

    private int _characters;
    private readonly Dictionary<(string Name, string From), bool> _reads = [];

    /// <summary>More were asked for than are kept.</summary>
    public bool IsShortened { get; private set; }

    /// <summary>What was asked for, in order.</summary>
    public IReadOnlyList<ParamRead> All => [.. _reads.Select(r => new ParamRead(r.Key.Name, r.Key.From, r.Value))
        .OrderBy(r => r.Name, StringComparer.Ordinal).ThenBy(r => r.From, StringComparer.Ordinal)];

    /// <summary>A param was asked for.</summary>
    public void Add(string name, LayeredParam? found) => Set(name, found is { } at ? $"{at.Prefix}:{at.Key}" : "", isMasked: false);

    /// <summary>A value was read, and is not shown.</summary>
    public void Mask(string name, LayeredParam found) => Set(name, $"{found.Prefix}:{found.Key}", isMasked: true);

    private void Set(string name, string from, bool isMasked)
    {
        if (_reads.TryGetValue((name, from), out var was))
        {
            if (isMasked && !was) _reads[(name, from)] = true;
            return;
        }

        if (_reads.Count >= Most || name.Length + from.Length > MostCharacters - _characters)
        {
            IsShortened = true;
            return;
        }

        _characters += name.Length + from.Length;
        _reads[(name, from)] = isMasked;
    }
}

/// <summary>A param that a render asked for.</summary>
/// <param name="Name">The param.</param>
/// <param name="From">The object that has its value, such as profiles:global (params:NAME: its default); "" where it has none.</param>
/// <param name="Masked">Its value is secret, and stands as <see cref="RenderContext.Masked"/> in what is rendered.</param>
public sealed record ParamRead(string Name, string From, bool Masked);
