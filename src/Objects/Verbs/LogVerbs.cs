using Anvil.Contracts.Diagnostics;

namespace Anvil.Objects.Verbs;

/// <summary>The last lines that the silo which is asked has logged, for who may read them.</summary>
public sealed class LogVerbs(ILogLines lines)
{
    /// <summary>The lines, the oldest first.</summary>
    /// <exception cref="Provisioning.Documents.ApiException">404: no right `logs get`.</exception>
    public ObjectAnswer Get(ObjectRequest request)
    {
        request.Require("logs", "get", "*");
        return ObjectAnswer.Of(lines.Lines);
    }
}
