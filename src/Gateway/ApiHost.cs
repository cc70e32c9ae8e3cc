using Anvil.Contracts;
using Anvil.Contracts.Catalog;
using Anvil.Contracts.Jobs;
using Anvil.Contracts.Machines;
using Anvil.Contracts.Placement;
using Anvil.Contracts.Subnets;
using Anvil.Contracts.Timeline;
using Anvil.Gateway.Api;
using Anvil.Gateway.Events;
using Anvil.Gateway.Sheets;
using Anvil.Objects.Access;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Runtime;

namespace Anvil.Gateway;

/// <summary>Puts the Machines API into an application.</summary>
public static partial class ApiHost
{
    /// <summary>Base path of the API.</summary>
    public const string Base = "/api/v3";

    /// <summary>Adds what the API needs.</summary>
    public static IServiceCollection AddMachinesApi(this IServiceCollection services)
        => services.AddSingleton<Authentication>().AddSingleton<MachineKind>().AddSingleton<JobKind>().AddSingleton<LeaseKind>().AddSingleton<ReservationKind>().AddSingleton<SheetImport>().AddSingleton<SheetExport>()
            .AddSingleton<EventStream>().AddHostedService(s => s.GetRequiredService<EventStream>()).AddSingleton<EventSocket>();

    /// <summary>CORS, authentication and error shape for every request below the base path.</summary>
    public static void UseMachinesApi(this IApplicationBuilder app) => app.Use(async (http, next) =>
    {
        var headers = http.Response.Headers;
        headers.AccessControlAllowOrigin = "*";
        headers.AccessControlAllowCredentials = "true";
        if (HttpMethods.IsOptions(http.Request.Method))
        {
            headers.AccessControlAllowMethods = "GET,POST,PUT,DELETE,OPTIONS,PATCH,HEAD";
            headers.AccessControlAllowHeaders = "Origin,X-Requested-With,Content-Type,Cookie,Authorization,Www-Authenticate,X-Return-Attributes,X-Log-Level,X-Log-Token,Range,Vary,Accept-Encoding,Prefer,If-None-Match";
            return;
        }

        try
        {
            if (http.Request.Path.StartsWithSegments(Base) && !await http.RequestServices.GetRequiredService<Authentication>().AuthenticateAsync(http)) return;
            await next();
            if (http.Response is { StatusCode: StatusCodes.Status404NotFound, HasStarted: false } && http.GetEndpoint() is null)
                await http.WriteAsync(new ApiError("", http.Request.Path, http.Request.Method, ["No route"], 404));
            else if (http.Response is { StatusCode: StatusCodes.Status405MethodNotAllowed, HasStarted: false })
                await http.WriteAsync(new ApiError("", http.Request.Path, http.Request.Method, ["Method not allowed"], 405));
        }
        catch (ApiException e)
        {
            await http.WriteAsync(e.Error);
        }
        catch (BadHttpRequestException e)
        {
            await http.WriteAsync(ApiError.BadRequest("", http.Request.Path, http.Request.Method, e.Message));
        }
        catch (Exception e) when (Unavailable(e) && !http.RequestAborted.IsCancellationRequested)
        {
            LogUnavailable(http.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger("Anvil.Gateway"), http.Request.Method, http.Request.Path, e.Message);
            if (http.Response.HasStarted) throw;
            http.Response.Headers.RetryAfter = "1";
            await http.WriteAsync(new ApiError("", http.Request.Path, http.Request.Method, [DatabaseFailure.Is(e) ? "the database does not answer; try again" : "the object is moving to another silo; read it before trying again"], 503));
        }
        catch (Exception e) when (!http.RequestAborted.IsCancellationRequested)
        {
            LogFailed(http.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger("Anvil.Gateway"), e, http.Request.Method, http.Request.Path);
            if (!http.Response.HasStarted) await http.WriteAsync(new ApiError("", http.Request.Path, "API ERROR", ["internal error; see the server's log"], 500));
        }
    });

    /// <summary>The routes.</summary>
    public static void MapMachinesApi(this IEndpointRouteBuilder app)
    {
        var services = app.ServiceProvider;
        var grains = services.GetRequiredService<IGrainFactory>();
        var catalog = services.GetRequiredService<ICatalog>();
        var queries = services.GetRequiredService<IMachineQueries>();
        var access = services.GetRequiredService<AccessService>();
        var options = services.GetRequiredService<IOptions<GatewayOptions>>();
        var machines = services.GetRequiredService<MachineKind>();
        IKind[] kinds = [machines, services.GetRequiredService<JobKind>(), services.GetRequiredService<LeaseKind>(), services.GetRequiredService<ReservationKind>(),
            .. CatalogRules.Kinds.Keys.Where(prefix => prefix != "reservations").Select(prefix => new CatalogKindRow(prefix, catalog, grains))];

        var api = app.MapGroup(Base);
        foreach (var kind in kinds) api.MapKind(kind);
        api.MapGet("/ws", services.GetRequiredService<EventSocket>().HandleAsync);
        api.MapSheets(services.GetRequiredService<SheetImport>(), services.GetRequiredService<SheetExport>());
        api.MapMachines(machines, catalog, services.GetRequiredService<ITimelineStore>(), services.GetRequiredService<IEdgeDirectory>(), options);
        api.MapGet("/leases/{key}/history", async http =>
        {
            http.Require("leases", "list", "*");
            var key = (string)http.Request.RouteValues["key"]!;
            if (!LeaseKind.TryAddress(key, out var address)) throw new ApiException(ApiError.BadRequest("leases", key, "GET", "an address is needed"));
            await http.WriteObjectAsync(await services.GetRequiredService<ILeaseStore>().HistoryAsync(address, http.RequestAborted));
        });
        api.MapJobs(queries, catalog, access, services.GetRequiredService<IJobLogs>(), services.GetRequiredService<IEdgeDirectory>(), options);
        api.MapSystem([.. kinds.Select(k => k.Prefix)], catalog, queries, access, grains, options);
    }

    private static bool Unavailable(Exception exception) => exception is OrleansException || DatabaseFailure.Is(exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Method} {Path} is answered 503: {Reason}")]
    private static partial void LogUnavailable(ILogger logger, string method, string path, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Path} failed")]
    private static partial void LogFailed(ILogger logger, Exception exception, string method, string path);
}
