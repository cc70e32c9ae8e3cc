using Anvil.Provisioning.Documents;

namespace Anvil.Objects.Verbs;

/// <summary>
/// What DRP brings plugins and new versions of itself in by. Anvil runs no foreign programs and is upgraded silo by silo, so there is none
/// of either, and who asks for it is told so.
/// </summary>
public static class PluginVerbs
{
    /// <summary>The programs that make plugins.</summary>
    public const string Providers = "plugin_providers";

    /// <summary>Why there are none.</summary>
    public const string None = "Anvil runs no plugins: what they do in DRP is done by tasks, by Anvil itself or by who hears its events";

    /// <summary>Refuses a provider, which is not there.</summary>
    /// <exception cref="ApiException">404; 403 for who may do nothing with it.</exception>
    public static ApiException NotFound(string name, string action, ObjectRequest request)
    {
        request.Require(Providers, action, name);
        return new ApiException(ApiError.NotFound(Providers, name, action == "get" ? "GET" : "DELETE"));
    }

    /// <summary>Refuses to take a program in.</summary>
    /// <exception cref="ApiException">403.</exception>
    public static ApiException Unwanted(string name, ObjectRequest request)
    {
        request.Require(Providers, "post", name);
        return new ApiException(ApiError.BadRequest(Providers, name, "POST", None));
    }

    /// <summary>Refuses to be replaced by what somebody sends.</summary>
    /// <exception cref="ApiException">403.</exception>
    public static ApiException NoUpgrade(ObjectRequest request)
    {
        request.Require(ActionVerbs.System, "upgrade", "*");
        return new ApiException(ApiError.BadRequest(ActionVerbs.System, "upgrade", "POST",
            "Anvil takes no program by its API: start the new version beside the old one, silo by silo (docs/operations.md)"));
    }
}
