using System.Globalization;
using System.Text;
using Anvil.Objects.Access;
using Orleans.Dashboard;

namespace Anvil.Silo;

/// <summary>
/// Orleans' dashboard at /dashboard, for superusers: it has no authentication of its own, and two of its calls would show secrets.
/// </summary>
internal static class Dashboard
{
    private const string Prefix = "/dashboard";

    public static void UseDashboard(this IApplicationBuilder app)
    {
        // Its routes compress all of its files as they are made, a fifth of what a start costs: they are made for the first who asks.
        var dashboard = new Lazy<RequestDelegate>(() => Build(app.ApplicationServices));
        app.Use(async (http, next) =>
        {
            if (!http.Request.Path.StartsWithSegments(Prefix))
            {
                await next();
                return;
            }

            if (http.Request.Path.StartsWithSegments(Prefix + "/GrainState") || http.Request.Path.StartsWithSegments(Prefix + "/Trace"))
            {
                http.Response.StatusCode = StatusCodes.Status403Forbidden;
                return;
            }

            var signIn = await SignInAsync(http);
            if (signIn.MaySeeDashboard)
            {
                await dashboard.Value(http);
                return;
            }

            if (signIn.RetryAfter is { } wait)
            {
                http.Response.Headers.RetryAfter = SignIn.Seconds(wait).ToString(CultureInfo.InvariantCulture);
                http.Response.StatusCode = StatusCodes.Status429TooManyRequests;
                return;
            }

            http.Response.Headers.WWWAuthenticate = "Basic realm=\"Anvil\"";
            http.Response.StatusCode = StatusCodes.Status401Unauthorized;
        });
    }

    private static RequestDelegate Build(IServiceProvider services)
    {
        var app = new ApplicationBuilder(services);
        app.UseRouting();
        app.UseEndpoints(routes => routes.MapOrleansDashboard(Prefix));
        return app.Build();
    }

    private static async Task<SignIn> SignInAsync(HttpContext http)
    {
        var header = http.Request.Headers.Authorization.ToString();
        if (!header.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase)) return SignIn.Denied;
        var buffer = new byte[header.Length];
        if (!Convert.TryFromBase64String(header[6..].Trim(), buffer, out var length)) return SignIn.Denied;
        var pair = Encoding.UTF8.GetString(buffer, 0, length).Split(':', 2);
        return pair.Length < 2 ? SignIn.Denied
            : await http.RequestServices.GetRequiredService<AccessService>().ByPasswordAsync(pair[0], pair[1],
                http.Connection.RemoteIpAddress, http.RequestAborted);
    }
}
