using System.Collections.Frozen;
using System.Globalization;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Network;

namespace Anvil.Provisioning.Catalog;

/// <summary>The preferences that exist, their defaults, and typed reads of them.</summary>
public sealed class Prefs(IReadOnlyDictionary<string, string> values)
{
    /// <summary>Every known preference with its default (DRP's, and Anvil's deadlines in seconds and stuck policy).</summary>
    public static readonly FrozenDictionary<string, string> Defaults = new Dictionary<string, string>(
        RetentionRules.Defaults, StringComparer.Ordinal)
    {
        ["defaultBootEnv"] = "local",
        ["defaultStage"] = "none",
        ["defaultWorkflow"] = "",
        ["unknownBootEnv"] = "ignore",
        ["unknownTokenTimeout"] = "600",
        ["knownTokenTimeout"] = "3600",
        ["logLevel"] = "info",
        ["deadlineDiscovering"] = "600",
        ["deadlineWorking"] = "1800",
        ["deadlineInstalling"] = "7200",
        ["stuckPolicy"] = "hold",
        ["registration"] = "open",
        ["defaultTaskRights"] = "machine",
        ["mostUnapproved"] = "10000",
        [HardwareMarks.Pref] = "macs,serial,asset",
        [RelayRules.Pref] = RelayRules.Learn,
        ["baseTokenSecret"] = "",
        ["systemGrantorSecret"] = "",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>
    /// Preferences whose stored value cannot be read, or breaks their rule, with the reason: their defaults count until they are set.
    /// </summary>
    public IReadOnlyDictionary<string, string> Broken { get; private init; } = FrozenDictionary<string, string>.Empty;

    /// <summary>The preferences as they are stored.</summary>
    public static Prefs Of(IEnumerable<Pref> stored)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        var broken = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var pref in stored)
        {
            if ((pref.Validated ? FormProblem(pref.Name, pref.Val) : Reasons.Joined(pref.Errors)) is { } problem)
                broken[pref.Name] = problem;
            else values[pref.Name] = pref.Val;
        }

        return new Prefs(values) { Broken = broken };
    }

    /// <summary>True for a preference that is never shown.</summary>
    public static bool IsSecret(string name) => name is "baseTokenSecret" or "systemGrantorSecret";

    /// <summary>A preference's value, or its default.</summary>
    public string this[string name] => values.TryGetValue(name, out var value) ? value : Defaults.GetValueOrDefault(name, "");

    /// <summary>A preference in seconds.</summary>
    public TimeSpan Seconds(string name) => TimeSpan.FromSeconds(int.Parse(this[name], CultureInfo.InvariantCulture));

    /// <summary>A preference that is a number.</summary>
    public int Number(string name) => int.Parse(this[name], CultureInfo.InvariantCulture);

    /// <summary>All of them, set or default.</summary>
    public IReadOnlyDictionary<string, string> All
        => Defaults.Keys.Union(values.Keys).Order(StringComparer.Ordinal).ToDictionary(k => k, k => this[k], StringComparer.Ordinal);

    /// <summary>What is wrong with a preference's value, whatever the catalog holds; null when nothing is.</summary>
    public static string? Problem(string name, string value)
    {
        if (!Defaults.ContainsKey(name)) return $"Unknown Preference {name}";
        switch (name)
        {
            // What they name is PrefKind's to look up.
            case "defaultBootEnv" or "unknownBootEnv" or "defaultStage" or "defaultWorkflow": return null;
            // A default that is none, such as a secret's, is nothing to be set.
            default: return ValueProblem(name, value);
        }
    }

    /// <summary>
    /// What is wrong with a stored value, whatever else the catalog has; null when nothing is, and for a preference of another version.
    /// </summary>
    public static string? FormProblem(string name, string value)
        => Defaults.GetValueOrDefault(name) == value ? null : ValueProblem(name, value);

    private static string? ValueProblem(string name, string value)
    {
        switch (name)
        {
            case "stuckPolicy":
                return value is "hold" or "retry" ? null : $"{name}: {value} is not hold or retry";
            case "mostUnapproved":
                return int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var most) && most <= 1_000_000
                    ? null : $"{name}: {value} is not a number of machines up to 1000000";
            case "registration":
                return RegistrationPolicy.IsPolicy(value) ? null : $"{name}: {value} is not open, approve or closed";
            case HardwareMarks.Pref:
                return HardwareMarks.OrderProblem(value) is { } order ? $"{name}: {order}" : null;
            case "defaultTaskRights":
                return value is "machine" or "facts" ? null : $"{name}: {value} is not machine or facts";
            case RelayRules.Pref:
                return value is RelayRules.Learn or RelayRules.Listed ? null : $"{name}: {value} is not learn or listed";
            case "baseTokenSecret":
                return value.Length == 32 ? null : $"{name}: must be exactly 32 characters";
            case "logLevel":
                return value is "trace" or "debug" or "info" or "warn" or "error" or "fatal" or "panic"
                    ? null : $"{name}: {value} is not a log level";
            case "unknownTokenTimeout" or "knownTokenTimeout" or "deadlineDiscovering" or "deadlineWorking" or "deadlineInstalling":
                return int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n is > 0 and <= 31_536_000
                    ? null : $"{name}: {value} is not a number of seconds between 1 and 31536000";
            default: return RetentionRules.Problem(name, value);
        }
    }
}
