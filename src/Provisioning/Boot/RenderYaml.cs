using Anvil.Templates;
using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace Anvil.Provisioning.Boot;

/// <summary>A value as YAML, a line for each item, as DRP's .ParamAsYAML writes it.</summary>
internal static class RenderYaml
{
    /// <summary>What writing takes for a value, and for a character of its text.</summary>
    private const int OctetsOfValue = 4096;
    private const int OctetsOfCharacter = 32;

    /// <summary>Writes a value.</summary>
    /// <exception cref="TemplateFault">A bound is hit.</exception>
    public static string Write(object? value, RenderBudget budget)
    {
        budget.Allocate(256 << 10);
        Charge(value ?? "", budget);
        try
        {
            return new SerializerBuilder().DisableAliases().WithQuotingNecessaryStrings(true)
                .WithMaximumRecursion(2 * TemplateLimits.ValueDepth).WithNewLine("\n").Build().Serialize(Plain(value) ?? "null");
        }
        catch (YamlException e)
        {
            throw new TemplateFault(e.Message);
        }
    }

    /// <summary>A value of types that every writer knows, maps in the order of their keys.</summary>
    private static object? Plain(object? value) => value switch
    {
        IReadOnlyDictionary<string, object?> map => new SortedDictionary<string, object?>(
            map.ToDictionary(p => p.Key, p => Plain(p.Value), StringComparer.Ordinal), StringComparer.Ordinal),
        IReadOnlyList<object?> list => list.Select(Plain).ToList(),
        _ => Values.Plain(value),
    };

    private static void Charge(object? value, RenderBudget budget)
    {
        budget.Step(10);
        budget.Allocate(OctetsOfValue);
        switch (value)
        {
            case string text:
                budget.Step(1 + (text.Length / 4));
                budget.Allocate((long)OctetsOfCharacter * text.Length);
                break;
            case IReadOnlyDictionary<string, object?> map:
                foreach (var (key, item) in map)
                {
                    Charge(key, budget);
                    Charge(item, budget);
                }

                break;
            case IReadOnlyList<object?> list:
                foreach (var item in list) Charge(item, budget);
                break;
        }
    }
}
