using System.Net.Sockets;
using Anvil.Contracts;
using Anvil.Grains.Catalog;
using Anvil.Provisioning.Documents;
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
/// /healthz says that the process lives, /readyz whether it can serve, with reasons. A database that is away is told and does not
/// make a silo unready: it serves what it knows from memory, and taking every silo out of a balancer would help nobody.
/// </summary>
internal static class Health
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

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
            await DatabaseAsync(services.GetRequiredService<Database>(), http.RequestAborted),
        };
        var ready = checks.TrueForAll(c => c.Ok || !c.Needed);
        http.Response.StatusCode = ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        http.Response.ContentType = "application/json; charset=utf-8";
        await http.Response.WriteAsync(Json.Write(new { Ready = ready, Checks = checks }), http.RequestAborted);
    }

    private static HealthCheck Member(ILocalSiloDetails local, ISiloStatusOracle oracle)
    {
        var status = oracle.CurrentStatus;
        return status == SiloStatus.Active ? new("cluster", true, true, "")
            : new("cluster", false, true, $"silo {local.Name} is {status}");
    }

    private static HealthCheck Catalog(CatalogCache catalog)
        => catalog.IsLoaded ? new("catalog", true, true, "") : new("catalog", false, true, "the catalog has not been read yet");

    private static async Task<HealthCheck> DatabaseAsync(Database database, CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(Patience);
        try
        {
            await database.PingAsync(patience.Token);
            return new("database", true, false, "");
        }
        catch (OperationCanceledException)
        {
            return new("database", false, false, $"no answer in {Patience.TotalSeconds:F0} s");
        }
        catch (Exception e) when (DatabaseFailure.Is(e))
        {
            // Whoever can reach the port can read this: where the database is, is for the log.
            return new("database", false, false,
                e.GetBaseException() is SocketException refused
                    ? $"no connection ({refused.SocketErrorCode})" : $"no answer ({e.GetBaseException().GetType().Name})");
        }
    }
}
