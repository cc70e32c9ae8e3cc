using System.Text.RegularExpressions;
using Anvil.Templates;
using YamlDotNet.Core;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.EventEmitters;

namespace Anvil.Provisioning.Boot;

/// <summary>A value as YAML, a line for each item, as DRP's .ParamAsYAML writes it.</summary>
internal static partial class RenderYaml
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
            return new SerializerBuilder().DisableAliases().WithQuotingNecessaryStrings(true).WithEventEmitter(next => new Quoting(next))
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

    /// <summary>
    /// What readers of YAML 1.1 (PyYAML, go-yaml) take for a time, for a number, for a merge or for a default: of these the library
    /// quotes some alone.
    /// </summary>
    [GeneratedRegex(
        @"^(?:[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}"
        + @"(?:(?:[Tt]|[ \t]+)[0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}(?:\.[0-9]*)?(?:[ \t]*(?:Z|[-+][0-9:]{1,6}))?)?"
        + @"|[-+]?(?:0b[01_]+|0o?[0-7_]+|0x[0-9A-Fa-f_]+|[0-9][0-9_]*(?::[0-5]?[0-9])*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?"
        + @"|\.[0-9][0-9_]*(?:[eE][-+]?[0-9]+)?|\.(?:inf|Inf|INF))|\.(?:nan|NaN|NAN)|=|<<)$", RegexOptions.CultureInvariant)]
    private static partial Regex MeansMore();

    /// <summary>Quotes texts that would be read as something else.</summary>
    private sealed class Quoting(IEventEmitter next) : ChainedEventEmitter(next)
    {
        public override void Emit(ScalarEventInfo eventInfo, IEmitter emitter)
        {
            if (eventInfo.Source.Value is string text && MeansMore().IsMatch(text)) eventInfo.Style = ScalarStyle.DoubleQuoted;
            base.Emit(eventInfo, emitter);
        }
    }
}
