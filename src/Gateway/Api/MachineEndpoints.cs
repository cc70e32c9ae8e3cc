using Anvil.Objects;
using Anvil.Objects.Verbs;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace Anvil.Gateway.Api;

/// <summary>The paths of the boot preview, of timelines, and of who held an address.</summary>
internal static class MachineEndpoints
{
    public static void MapMachines(this IEndpointRouteBuilder api, MachineVerbs verbs, LeaseVerbs leases, IOptions<GatewayOptions> options)
    {
        api.MapGet("/machines/{key}/boot", async http => await http.WriteAsync(
            await verbs.BootAsync(http.Part("key"), http.Request.Host.Host, options.Value.FilePort, options.Value.ApiPort,
                http.Asked(MachineVerbs.BootWords), http.RequestAborted)));
        api.MapPost("/machines/{key}/approve",
            async http => await http.WriteAsync(
                await verbs.ApproveAsync(http.Part("key"), http.Asked(VerbWords.Write), http.RequestAborted)));
        api.MapGet("/machines/{key}/timeline",
            async http => await http.WriteAsync(await http.ReadAsync("timeline",
                () => verbs.TimelineAsync(http.Part("key"), http.Asked(VerbWords.None), http.RequestAborted))));
        api.MapGet("/timeline/{mac}",
            async http => await http.WriteAsync(await http.ReadAsync("timeline",
                () => verbs.TimelineOfMacAsync(http.Part("mac"), http.Asked(VerbWords.None), http.RequestAborted))));
        api.MapGet("/leases/{key}/history",
            async http => await http.WriteAsync(await http.ReadAsync("leases",
                () => leases.HistoryAsync(http.Part("key"), http.Asked(VerbWords.None), http.RequestAborted))));
    }
}
