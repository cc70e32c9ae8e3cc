using Anvil.Contracts.Diagnostics;
using Npgsql;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Anvil.Silo;

/// <summary>
/// Metrics and traces by OTLP, to where OpenTelemetry's own variables say (OTEL_EXPORTER_OTLP_ENDPOINT and its like); none: nothing is
/// sent.
/// </summary>
internal static class Telemetry
{
    private static readonly string[] Endpoints = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
        "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"];

    public static void AddAnvilTelemetry(this IServiceCollection services, IConfiguration configuration, SiloOptions silo)
    {
        if (!Endpoints.Any(e => !string.IsNullOrEmpty(configuration[e]))) return;
        services.AddOpenTelemetry()
            .ConfigureResource(r => r.AddService("anvil", serviceInstanceId: $"{Environment.MachineName}:{silo.SiloPort}")
                .AddAttributes([new("anvil.roles", silo.Roles.Count == 0 ? "core,edge,gateway" : string.Join(',', silo.Roles)),
                    new("anvil.cluster", silo.Cluster)]))
            .WithTracing(t =>
                t.AddSource(Contracts.Diagnostics.AnvilDiagnostics.Name, "Microsoft.Orleans.Application", "Microsoft.Orleans.Storage")
                    .AddNpgsql()
                .AddAspNetCoreInstrumentation(
                    o => o.Filter =
                        http => http.Request.Path.Value is not ("/healthz" or "/readyz")
                            && !http.Request.Path.StartsWithSegments("/dashboard"))
                .AddOtlpExporter())
            .WithMetrics(m =>
                m.AddMeter(Contracts.Diagnostics.AnvilDiagnostics.Name, "Microsoft.Orleans", "Npgsql", "System.Runtime",
                    "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel").AddOtlpExporter());
    }
}
