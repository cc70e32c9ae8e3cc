using Anvil.Contracts.Diagnostics;
using Anvil.Provisioning.Documents;

namespace Anvil.Objects.Verbs;

/// <summary>The last lines that the silo which is asked has logged, for who may read them.</summary>
public sealed class LogVerbs(ILogLines lines)
{
    /// <summary>The lines, the oldest first.</summary>
    /// <exception cref="ApiException">404: no right `logs get`; 403: a tenant limits who asks, and lines tell of everything.</exception>
    public ObjectAnswer Get(ObjectRequest request)
    {
        request.Require("logs", "get", "*");
        if (request.Principal.Reach.IsLimited)
            throw new ApiException(new ApiError("logs", "", "AUTH", ["Cannot access logs", "Requires: to be in no tenant"], 403));
        return ObjectAnswer.Of(lines.Lines);
    }
}
