using System.Globalization;
using System.Text.RegularExpressions;
using Anvil.Contracts;
using Anvil.Contracts.Access;
using Anvil.Gateway.Api;
using Anvil.Gateway.Events;
using Anvil.Gateway.OpenApi;
using Anvil.Gateway.Sheets;
using Anvil.Objects;
using Anvil.Objects.Access;
using Anvil.Objects.Bulk;
using Anvil.Objects.Events;
using Anvil.Objects.Sheets;
using Anvil.Objects.Verbs;
using Anvil.Objects.Webhooks;
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

    private const string ExposedHeaders =
        "X-DRP-LIST-COUNT,X-DRP-LIST-TOTAL-COUNT,X-DRP-LIST-FILTER-COUNT,X-Anvil-List-Next,X-Anvil-Trimmed,ETag,"
        + "X-Anvil-Unavailable,Www-Authenticate,Retry-After,X-DRP-SHA256SUM,X-Anvil-Upload-Offset,"
        + ApiRequest.DryRun;

    private const string AllowedHeaders =
        "Origin,X-Requested-With,Content-Type,Cookie,Authorization,Www-Authenticate,X-Return-Attributes,X-Log-Level,X-Log-Token,"
        + "Range,Vary,Accept-Encoding,Prefer,If-Match,If-None-Match,Last-Event-ID";

    /// <summary>Adds what the API needs.</summary>
    public static IServiceCollection AddMachinesApi(this IServiceCollection services)
    {
        AnswerCompression.Add(services);
        return services.AddSingleton<Authentication>().AddHostedService(s => s.GetRequiredService<EventStream>())
            .AddSingleton<LineAnswers>().AddSingleton<ListenerPlaces>().AddSingleton<EventSocket>().AddSingleton<EventFeed>();
    }

    /// <summary>CORS, authentication, compression and error shape for every request below the base path.</summary>
    public static void UseMachinesApi(this IApplicationBuilder app) => app.UseResponseCompression().Use(async (http, next) =>
    {
        var headers = http.Response.Headers;
        // Any origin, without credentials: who calls from a page sends a token of its own.
        headers.AccessControlAllowOrigin = "*";
        headers.AccessControlExposeHeaders = ExposedHeaders;
        if (HttpMethods.IsOptions(http.Request.Method))
        {
            headers.AccessControlAllowMethods = "GET,POST,PUT,DELETE,OPTIONS,PATCH,HEAD";
            headers.AccessControlAllowHeaders = AllowedHeaders;
            return;
        }

        try
        {
            http.RefuseDotSegments();
            if (http.Request.Path.StartsWithSegments(Base)
                && !await http.RequestServices.GetRequiredService<Authentication>().AuthenticateAsync(http)) return;
            CrossSite.Refuse(http);
            http.RefuseCoded();
            await next();
            if (http.Response is { StatusCode: StatusCodes.Status404NotFound, HasStarted: false } && http.GetEndpoint() is null)
                await http.WriteAsync(new ApiError("", http.Request.Path, http.Request.Method, ["No route"], 404));
            else if (http.Response is { StatusCode: StatusCodes.Status405MethodNotAllowed, HasStarted: false })
                await http.WriteAsync(new ApiError("", http.Request.Path, http.Request.Method, ["Method not allowed"], 405));
            // As DRP: its client takes an answer without a type for a failure, also where it has nothing in it.
            else if (http.Response is { StatusCode: StatusCodes.Status204NoContent, HasStarted: false, ContentType: null })
                http.Response.ContentType = "application/json";
        }
        catch (ApiException e)
        {
            if (e.Error.Code is 429 or 503 && http.Response.Headers.RetryAfter.Count == 0)
                http.Response.Headers.RetryAfter = SignIn.Seconds(e.RetryAfter ?? TimeSpan.FromSeconds(1))
                    .ToString(CultureInfo.InvariantCulture);
            await http.WriteAsync(e.Error);
        }
        catch (BadHttpRequestException e)
        {
            await http.WriteAsync(new ApiError("", http.Request.Path, http.Request.Method,
                [e.StatusCode == StatusCodes.Status408RequestTimeout ? "the body came too slowly" : e.Message], e.StatusCode));
        }
        catch (IOException e) when (e.InnerException is OverflowException && !http.Response.HasStarted)
        {
            // The server counts a chunk's length in 32 bits, and says so of one that has more (RFC 9112 section 7.1.1).
            await http.WriteAsync(new ApiError("", http.Request.Path, http.Request.Method, ["the length of a chunk is too large"], 400));
        }
        catch (Exception e) when (!http.RequestAborted.IsCancellationRequested && Trouble(http, e) is { } trouble)
        {
            LogUnavailable(http.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger("Anvil.Gateway"), http.Request.Method,
                http.Request.Path, trouble.Status, $"{trouble.Text} ({e.Message})");
            if (http.Response.HasStarted) throw;
            if (trouble.Passes) http.Response.Headers.RetryAfter = "1";
            await http.WriteAsync(new ApiError("", http.Request.Path, http.Request.Method, [trouble.Text], trouble.Status));
        }
        catch (Exception e) when (!http.RequestAborted.IsCancellationRequested)
        {
            LogFailed(http.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger("Anvil.Gateway"), e, http.Request.Method,
                http.Request.Path);
            if (!http.Response.HasStarted)
                await http.WriteAsync(new ApiError("", http.Request.Path, "API ERROR", ["internal error; see the server's log"], 500));
        }
    });

    /// <summary>The routes.</summary>
    public static void MapMachinesApi(this IEndpointRouteBuilder app)
    {
        var services = app.ServiceProvider;
        T Of<T>()
            where T : notnull
            => services.GetRequiredService<T>();

        var options = Of<IOptions<GatewayOptions>>();
        var floor = Of<ObjectFloor>();
        var api = app.MapGroup(Base);
        api.MapKinds(floor);
        api.MapParams(Of<ParamVerbs>());
        api.MapGet("/ws", Of<EventSocket>().HandleAsync);
        api.MapEvents(Of<EventVerbs>(), Of<EventFeed>(), Of<LogVerbs>());
        api.MapSheets(Of<SheetImport>(), Of<SheetExport>());
        api.MapMachines(Of<MachineVerbs>(), Of<LeaseVerbs>(), options);
        api.MapBulk(Of<BulkVerbs>(), Of<AccessService>());
        api.MapRender(Of<RenderVerbs>(), options, Of<IApiReach>());
        api.MapJobs(Of<JobVerbs>(), options, Of<IApiReach>());
        api.MapFiles(Of<FileVerbs>());
        api.MapWebhooks(Of<WebhookVerbs>());
        api.MapContents(Of<ContentVerbs>());
        api.MapClients(Of<IndexVerbs>(), Of<MetaVerbs>(), Of<ActionVerbs>());
        app.MapDocument(new ApiDocument(app.DataSources, floor, Of<ParamVerbs>()));
        api.MapSystem(Of<InfoVerbs>(), Of<PrefVerbs>(), Of<UserVerbs>(), Of<RetentionVerbs>(), options);
    }

    /// <summary>What is the matter, as far as it is not a fault of the program; null when it is.</summary>
    private static (int Status, string Text, bool Passes)? Trouble(HttpContext http, Exception exception)
        => http.RequestServices.GetRequiredService<IDatabaseFaults>().Of(exception) switch
        {
            { Kind: DatabaseFaultKind.Program } => null,
            { } fault => (fault.Status, fault.With("try again"), fault.IsPassing),
            _ when exception is TimeoutException and not RegexMatchTimeoutException
                => (503, "the silo that has the object did not answer in time; read it before trying again", true),
            _ when exception is OrleansException => (503, "the object is moving to another silo; read it before trying again", true),
            _ => null,
        };

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Method} {Path} is answered {Status}: {Reason}")]
    private static partial void LogUnavailable(ILogger logger, string method, string path, int status, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Path} failed")]
    private static partial void LogFailed(ILogger logger, Exception exception, string method, string path);
}
