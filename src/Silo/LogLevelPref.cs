using Anvil.Contracts.Catalog;
using Anvil.Provisioning.Catalog;
using Serilog.Core;
using Serilog.Events;

namespace Anvil.Silo;

/// <summary>
/// The preference `logLevel` sets how much each silo logs, from the moment it is set (DRP's levels; panic is fatal). Until it is set the
/// configuration's
/// Serilog:MinimumLevel counts. Levels of single sources (Microsoft, Orleans) stay as they are configured.
/// </summary>
/// <param name="level">What the log goes by.</param>
internal sealed class LogLevelPref(LoggingLevelSwitch level) : ICatalogFollower
{
    private const string Name = "logLevel";
    private readonly LogEventLevel _configured = level.MinimumLevel;

    /// <summary>The switch at what the configuration says.</summary>
    public static LoggingLevelSwitch Switch(IConfiguration configuration)
        => new(Enum.TryParse<LogEventLevel>(configuration["Serilog:MinimumLevel:Default"] ?? configuration["Serilog:MinimumLevel"],
            ignoreCase: true, out var configured)
            ? configured : LogEventLevel.Information);

    /// <inheritdoc/>
    public void Follow(CatalogSnapshot snapshot)
        => level.MinimumLevel = snapshot.RevisionOf("prefs", Name) == 0 ? _configured : snapshot.Prefs[Name] switch
        {
            "trace" => LogEventLevel.Verbose,
            "debug" => LogEventLevel.Debug,
            "info" => LogEventLevel.Information,
            "warn" => LogEventLevel.Warning,
            "error" => LogEventLevel.Error,
            "fatal" or "panic" => LogEventLevel.Fatal,
            _ => _configured,
        };
}
