using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Lists;

/// <summary>Errors of lists: 406, as DRP answers a list that it cannot give.</summary>
public static class ListErrors
{
    /// <summary>406 with a reason.</summary>
    public static ApiException Refused(string model, string message) => new(new ApiError(model, "", "GET", [message], 406));
}
