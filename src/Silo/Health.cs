using Anvil.Grains.Catalog;
using Anvil.Grains.Secrets;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Silo.Tls;
using Anvil.Storage;
using Orleans.Runtime;

namespace Anvil.Silo;

/// <summary>One thing that was looked at.</summary>
/// <param name="Name">What.</param>
/// <param name="Ok">It is as it should be.</param>
/// <param name="Needed">Without it the silo is not ready.</param>
/// <param name="Reason">Why not; "" when it is.</param>
internal sealed record HealthCheck(string Name, bool Ok, bool Needed, string Reason);

/// <summary>
/// /healthz says that the process lives, /readyz whether it can serve, with reasons. A database that is away, or takes no writes, is told
/// and does not make a silo unready: it serves what it knows from memory, and taking every silo out of a balancer would help nobody.
/// `Degraded` says that something is not as it should be.
/// </summary>
internal static class Health
{
    /// <summary>Files of content packs that are named; the log has them all, with the reasons.</summary>
    private const int MostFaults = 5;

    public static void MapHealth(this IApplicationBuilder app) => app.Use(async (http, next) =>
    {
        switch (http.Request.Path.Value)
        {
            case "/healthz":
                http.Response.ContentType = "text/plain; charset=utf-8";
                await http.Response.WriteAsync("alive\n", http.RequestAborted);
                break;
            case "/readyz":
                await ReadyAsync(http);
                break;
            default:
                using (http.RequestServices.GetRequiredService<Drain>().Late.Register(http.Abort)) await next();
                break;
        }
    });

    private static async Task ReadyAsync(HttpContext http)
    {
        var services = http.RequestServices;
        var checks = new List<HealthCheck>
        {
            services.GetRequiredService<Drain>().IsDraining
                ? new("draining", false, true, "the silo is ending") : new("draining", true, true, ""),
            Member(services.GetRequiredService<ILocalSiloDetails>(), services.GetRequiredService<ISiloStatusOracle>()),
            Catalog(services.GetRequiredService<CatalogCache>()),
            await services.GetRequiredService<DatabaseProbe>().CheckAsync(http.RequestAborted),
        };
        if (services.GetRequiredService<Database>().StartNotice is { Length: > 0 })
            checks.Add(new("start", false, false, "something was lost when the database was opened: see the log of the start"));
        if (Preferences(services.GetRequiredService<CatalogCache>()) is { } preferences) checks.Add(preferences);
        if (Content(services.GetRequiredService<BuiltInContent>()) is { } content) checks.Add(content);
        if (Packs(services.GetRequiredService<CatalogCache>()) is { } packs) checks.Add(packs);
        if (services.GetRequiredService<ServerCertificates>().Fault is { Length: > 0 } certificate)
            checks.Add(new("certificate", false, false, certificate));
        if (services.GetRequiredService<SealingService>().Left is var left and > 0)
            checks.Add(new("secrets", false, false, $"{left} objects hold secure params in clear, which are being sealed (see the log)"));
        var ready = checks.TrueForAll(c => c.Ok || !c.Needed);
        http.Response.StatusCode = ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        http.Response.ContentType = "application/json; charset=utf-8";
        var answer = new { Ready = ready, Degraded = checks.Exists(c => !c.Ok), Checks = checks };
        await http.Response.WriteAsync(Json.Write(answer), http.RequestAborted);
    }

    private static HealthCheck Member(ILocalSiloDetails local, ISiloStatusOracle oracle)
    {
        var status = oracle.CurrentStatus;
        return status == SiloStatus.Active ? new("cluster", true, true, "")
            : new("cluster", false, true, $"silo {local.Name} is {status}");
    }

    private static HealthCheck Catalog(CatalogCache catalog)
        => catalog.IsLoaded ? new("catalog", true, true, "") : new("catalog", false, true, "the catalog has not been read yet");

    private static HealthCheck? Preferences(CatalogCache catalog)
    {
        var broken = catalog.IsLoaded ? catalog.Current.Prefs.Broken.Keys.Order(StringComparer.Ordinal).ToList() : [];
        return broken.Count == 0 ? null : new("preferences", false, false,
            $"what is stored of {string.Join(", ", broken)} cannot be used, and the default counts until it is set (the log says why)");
    }

    private static HealthCheck? Packs(CatalogCache catalog)
    {
        var broken = catalog.IsLoaded ? catalog.Current.Packs.Values.Where(p => p.Fault.Length + p.Faults.Count > 0).ToList() : [];
        return broken.Count == 0 ? null : new("packs", false, false,
            $"uploaded content packs that are stored and cannot be read, or not whole, until they are replaced or deleted (GET contents "
                + $"says why): {string.Join(", ", broken.Take(MostFaults).Select(p => PrintableText.Of(p.About.Name)))}"
                + (broken.Count > MostFaults ? " and more" : ""));
    }

    private static HealthCheck? Content(BuiltInContent content)
    {
        var (faults, inPlace) = (content.Packs.Faults, content.Packs.InPlace);
        if (faults.Count + inPlace.Count == 0) return null;
        var reasons = new List<string>();
        if (faults.Count > 0)
            reasons.Add($"{faults.Count} files of content packs were not taken as they are (the log says why): {Named(faults)}");
        if (inPlace.Count > 0)
            reasons.Add($"{inPlace.Count} objects of Anvil's own content pack give way to those of others: {Named(inPlace)}");
        return new("content", faults.Count == 0, false, string.Join("; ", reasons));
    }

    private static string Named(IReadOnlyList<PackFault> files)
        => string.Join(", ", files.Take(MostFaults).Select(f => $"{f.Pack}/{f.File}")) + (files.Count > MostFaults ? " and more" : "");
}
