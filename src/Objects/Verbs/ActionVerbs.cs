using Anvil.Provisioning.Documents;

namespace Anvil.Objects.Verbs;

/// <summary>
/// The actions that plugins have for objects (DRP). Anvil runs no plugins, so there are none: lists are empty, and who asks for one is
/// told that it is not there, as by a DRP server without plugins.
/// </summary>
public sealed class ActionVerbs(ObjectFloor floor)
{
    /// <summary>The scope of what is done to the whole system.</summary>
    public const string System = "system";

    private const int LongestShown = 128;

    /// <summary>Kinds that have none in DRP, and jobs, whose `actions` are what a machine runs.</summary>
    private static readonly string[] Without = ["params", "roles", "tenants", "jobs", "interfaces"];

    /// <summary>The word that limits them to those of one plugin.</summary>
    public static VerbWords Words { get; } = new("plugin");

    /// <summary>The kinds whose objects are asked for actions.</summary>
    public IEnumerable<string> Kinds => floor.Kinds.Select(k => k.Prefix).Except(Without, StringComparer.Ordinal);

    /// <summary>The actions that an object has.</summary>
    /// <exception cref="ApiException">403, 404: there is no such object.</exception>
    public async Task<ObjectAnswer> ListAsync(string prefix, string text, ObjectRequest request, CancellationToken cancellation)
    {
        await RequireAsync(prefix, text, "actions", "GET", request, cancellation);
        return ObjectAnswer.Of(Array.Empty<string>());
    }

    /// <summary>Refuses one action, which is not there.</summary>
    /// <exception cref="ApiException">403, 404.</exception>
    public async Task<ObjectAnswer> GetAsync(string prefix, string text, string command, ObjectRequest request,
        CancellationToken cancellation)
    {
        await RequireAsync(prefix, text, $"action:{command}", "GET", request, cancellation);
        throw new ApiException(new ApiError(prefix, text, "GET", [$"{Short(command)}: Not Found"], 404));
    }

    /// <summary>Refuses to run one.</summary>
    /// <exception cref="ApiException">403, 404: there is no such object; 400.</exception>
    public async Task<ObjectAnswer> RunAsync(string prefix, string text, string command, ObjectRequest request,
        CancellationToken cancellation)
    {
        await RequireAsync(prefix, text, $"action:{command}", "POST", request, cancellation);
        var plugin = request.Word("plugin");
        throw new ApiException(ApiError.BadRequest(prefix, text, "INVOKE",
            plugin.Length == 0 ? $"Action {Short(command)} on {prefix}: Not Found"
                : $"Action {Short(command)} on {prefix} for plugin {Short(plugin)} not found"));
    }

    private static string Short(string text) => ShortText.Of(text, LongestShown);

    private async Task RequireAsync(string prefix, string text, string action, string type, ObjectRequest request,
        CancellationToken cancellation)
    {
        if (prefix == System) request.Require(System, action, "*");
        else await floor.RequireAsync(prefix, text, action, type, request, cancellation);
    }
}
