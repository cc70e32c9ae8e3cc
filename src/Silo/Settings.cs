using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Text;
using Anvil.Contracts.Files;
using Anvil.Contracts.Webhooks;
using Anvil.Edge;
using Anvil.Gateway;

namespace Anvil.Silo;

/// <summary>Which settings there are, and that no others are given: one that is misspelt would not hold, and nobody would know.</summary>
public static class Settings
{
    private static readonly (string Name, Type Type)[] Sections =
    [
        (SiloOptions.Section, typeof(SiloOptions)), (EdgeOptions.Section, typeof(EdgeOptions)),
        (GatewayOptions.Section, typeof(GatewayOptions)), (FilesOptions.Section, typeof(FilesOptions)),
        (WebhookOptions.Section, typeof(WebhookOptions)),
    ];

    /// <summary>Beginnings of settings that are others': of logging, of OpenTelemetry, of Orleans.</summary>
    private static readonly string[] Others = ["Serilog:", "OTEL_", "Orleans:"];

    /// <summary>What the gateway is told by the silo, and by nobody else.</summary>
    private static readonly string[] OfSilo =
    [
        nameof(GatewayOptions.ApiPort), nameof(GatewayOptions.FilePort), nameof(GatewayOptions.DhcpPort), nameof(GatewayOptions.BinlPort),
        nameof(GatewayOptions.TftpPort), nameof(GatewayOptions.DhcpEnabled), nameof(GatewayOptions.MachinesOnly),
    ];

    /// <summary>
    /// Refuses arguments that are no settings, and settings of Anvil's sections that there are not, wherever they come from.
    /// </summary>
    /// <exception cref="InvalidOperationException">Names the first one.</exception>
    public static void Check(IReadOnlyList<string> args, IConfiguration configuration)
    {
        for (var i = 0; i < args.Count; i++)
        {
            var name = args[i].Split('=', 2)[0];
            if (!args[i].StartsWith("--", StringComparison.Ordinal) || !IsNamed(name[2..]))
                throw new InvalidOperationException($"unknown argument {name}: settings are --SECTION:NAME=VALUE (--help tells them)");
            if (args[i].Contains('=', StringComparison.Ordinal)) continue;
            if (++i == args.Count) throw new InvalidOperationException($"{name} lacks its value");
        }

        foreach (var (section, type) in Sections)
        {
            foreach (var given in configuration.GetSection(section).GetChildren()) Check(type, given);
        }
    }

    /// <summary>What the program can be told: each setting with its kind of value and what it is when it is not given.</summary>
    public static string Usage()
    {
        var text = new StringBuilder(
            """
            usage: anvil-silo [--SECTION:NAME=VALUE]...
                   anvil-silo --health URL
                   anvil-silo --help

            Runs a silo: machines, DHCP, TFTP, boot HTTP and the Machines API. Each setting may as well be a variable of the environment,
            ANVIL_SECTION__NAME. What they mean is told in docs/operations.md. --health asks a silo how it is (0: well).

            """);
        foreach (var (section, type) in Sections)
        {
            var defaults = Activator.CreateInstance(type)!;
            foreach (var property in Of(type).OrderBy(p => p.Name, StringComparer.Ordinal))
            {
                var shape = IsMap(property) ? ":KEY" : IsList(property) ? ":0, :1, …" : "";
                var value = IsMap(property) || IsList(property) ? ""
                    : Convert.ToString(property.GetValue(defaults), CultureInfo.InvariantCulture);
                text.Append(CultureInfo.InvariantCulture, $"  --{section}:{property.Name}{shape}").Append(
                    string.IsNullOrEmpty(value) ? "" : $" ({value})").Append('\n');
            }
        }

        return text.ToString();
    }

    private static bool IsNamed(string name)
        => Sections.Any(s => name.StartsWith(s.Name + ":", StringComparison.OrdinalIgnoreCase))
            || Others.Any(o => name.StartsWith(o, StringComparison.OrdinalIgnoreCase));

    private static void Check(Type type, IConfigurationSection given)
    {
        if (Of(type).FirstOrDefault(p => p.Name.Equals(given.Key, StringComparison.OrdinalIgnoreCase)) is not { } property)
            throw new InvalidOperationException($"there is no setting {given.Path} (anvil-silo --help tells them)");
        var isMany = IsMap(property) || IsList(property);
        if (isMany ? given.Value is { Length: > 0 } : given.GetChildren().Any())
            throw new InvalidOperationException(isMany
                ? $"{given.Path} has several values: {given.Path}:{(IsMap(property) ? "KEY" : "0")}=…" : $"{given.Path} has one value");
    }

    private static IEnumerable<PropertyInfo> Of(Type type)
        => type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.SetMethod is not null
            && (type != typeof(GatewayOptions) || !OfSilo.Contains(p.Name, StringComparer.Ordinal)));

    private static bool IsMap(PropertyInfo property) => typeof(IDictionary<string, string>).IsAssignableFrom(property.PropertyType);

    private static bool IsList(PropertyInfo property)
        => property.PropertyType != typeof(string) && typeof(IEnumerable).IsAssignableFrom(property.PropertyType);
}
