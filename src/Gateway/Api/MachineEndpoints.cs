using System.Text.Json;
using System.Text.Json.Nodes;
using Anvil.Contracts.Catalog;
using Anvil.Contracts.Placement;
using Anvil.Contracts.Timeline;
using Anvil.Provisioning.Boot;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Machines;
using Anvil.Provisioning.Network;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace Anvil.Gateway.Api;

/// <summary>What machines have beside the generic verbs: params, the boot preview, the timeline.</summary>
internal static class MachineEndpoints
{
    private const int MostTimeline = 2000;

    public static void MapMachines(this IEndpointRouteBuilder api, MachineKind kind, ICatalog catalog, ITimelineStore timelines, IEdgeDirectory edges, IOptions<GatewayOptions> options)
    {
        api.MapGet("/machines/{key}/params", async http =>
        {
            var machine = await ReadAsync(http, kind);
            await http.WriteObjectAsync(http.Flag("aggregate") ? MachineParams.Aggregate(machine, catalog.Current) : machine.Params);
        });
        api.MapGet("/machines/{key}/params/{**name}", async http =>
        {
            var machine = await ReadAsync(http, kind);
            var name = NameOf(http);
            var found = http.Flag("aggregate") ? MachineParams.TryResolve(name, machine, catalog.Current, out var value) : machine.Params.TryGetValue(name, out value);
            await http.WriteJsonAsync(found ? value.GetRawText() : "null");
        });
        api.MapPost("/machines/{key}/params", http => ChangeParamsAsync(http, kind, body => new JsonArray(Operation("replace", "/Params", body)), machine => Json.Write(machine.Params)));
        api.MapPost("/machines/{key}/params/{**name}", http => ChangeParamsAsync(http, kind, body => new JsonArray(Operation("add", $"/Params/{JsonPatch.Escape(NameOf(http))}", body)),
            machine => machine.Params[NameOf(http)].GetRawText()));
        api.MapPatch("/machines/{key}/params", http => ChangeParamsAsync(http, kind, Prefixed, machine => Json.Write(machine.Params)));
        api.MapDelete("/machines/{key}/params/{**name}", async http =>
        {
            var machine = await ReadAsync(http, kind);
            var name = NameOf(http);
            if (!machine.Params.TryGetValue(name, out var old)) throw new ApiException(ApiError.NotFound("machines", machine.Uuid, "DELETE"));
            await ChangeParamsAsync(http, kind, _ => new JsonArray(Operation("remove", $"/Params/{JsonPatch.Escape(name)}", null)), _ => old.GetRawText());
        });
        api.MapGet("/machines/{key}/boot", async http =>
        {
            var machine = await ReadAsync(http, kind);
            var client = ClientOf(http.Request.Query["arch"].ToString(), http.Request.Query["client"].ToString(), machine);
            var mac = machine.HardwareAddrs.Count > 0 ? machine.HardwareAddrs[0] : "";
            var server = new BootServer(edges.For(machine.Address) ?? http.Request.Host.Host, options.Value.FilePort, options.Value.ApiPort);
            await http.WriteObjectAsync(BootDecision.Decide(machine, mac, client, catalog.Current, server));
        });
        api.MapGet("/machines/{key}/timeline", async http =>
        {
            var machine = await ReadAsync(http, kind);
            await http.WriteObjectAsync(await timelines.ReadAsync(machine.Uuid, [.. machine.HardwareAddrs], MostTimeline, http.RequestAborted));
        });
        api.MapGet("/timeline/{mac}", async http =>
        {
            http.Require("machines", "list", "*");
            if (!Provisioning.Network.MacAddress.TryNormalize((string?)http.Request.RouteValues["mac"], out var mac)) throw new ApiException(ApiError.BadRequest("timeline", "", "GET", "a MAC address is needed"));
            await http.WriteObjectAsync(await timelines.ReadAsync("", [mac], MostTimeline, http.RequestAborted));
        });
    }

    private static BootClient ClientOf(string arch, string client, Machine machine)
    {
        int number = arch switch
        {
            "" => machine.Boot.Firmware == "uefi" ? (machine.Arch == "arm64" ? 11 : 7) : machine.Arch == "arm64" ? 11 : 0,
            "pcbios" or "bios" or "x86" => 0,
            "uefi" or "amd64" or "x86_64" => 7,
            "http" => 16,
            "arm64" or "aarch64" => 11,
            _ => int.TryParse(arch, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var n) ? n
                : throw new ApiException(ApiError.BadRequest("machines", machine.Uuid, "GET", $"arch is pcbios, uefi, http, arm64 or a number of option 93, not {arch}")),
        };
        var kind = client switch
        {
            "" or "pxe" => number is 15 or 16 or 19 ? ClientKind.Http : ClientKind.Pxe,
            "ipxe" => ClientKind.Ipxe,
            "http" => ClientKind.Http,
            "none" => ClientKind.None,
            _ => throw new ApiException(ApiError.BadRequest("machines", machine.Uuid, "GET", $"client is pxe, ipxe, http or none, not {client}")),
        };
        return new BootClient(kind, number);
    }

    private static async Task<Machine> ReadAsync(HttpContext http, MachineKind kind)
    {
        var key = await KindEndpoints.KeyAsync(http, kind);
        http.Require("machines", "get", key);
        var reply = await kind.GetAsync(http, key);
        return reply.Body is null ? throw new ApiException(reply.Error!) : Json.Read<Machine>(reply.Body);
    }

    private static async Task ChangeParamsAsync(HttpContext http, MachineKind kind, Func<JsonNode?, JsonArray> patch, Func<Machine, string> answer)
    {
        var key = await KindEndpoints.KeyAsync(http, kind);
        http.Require("machines", "update:/Params", key);
        var body = await http.ReadJsonAsync("machines", key);
        var reply = await kind.PatchAsync(http, key, patch(body.Length == 0 ? null : JsonNode.Parse(body)).ToJsonString(Json.Options));
        if (reply.Error is { } error) await http.WriteAsync(error with { Type = http.Request.Method, Code = error.Code == 422 ? 409 : error.Code });
        else await http.WriteJsonAsync(answer(Json.Read<Machine>(reply.Body!)));
    }

    private static JsonArray Prefixed(JsonNode? patch)
    {
        if (patch is not JsonArray operations) throw new ApiException(ApiError.BadRequest("machines", "", "PATCH", "a JSON patch is an array of operations (RFC 6902)"));
        foreach (var operation in operations.OfType<JsonObject>())
        {
            foreach (var field in new[] { "path", "from" })
            {
                if (operation[field]?.GetValueKind() == JsonValueKind.String) operation[field] = "/Params" + operation[field]!.GetValue<string>();
            }
        }

        return (JsonArray)operations.DeepClone();
    }

    private static JsonObject Operation(string op, string path, JsonNode? value) => new() { ["op"] = op, ["path"] = path, ["value"] = value };

    private static string NameOf(HttpContext http) => Uri.UnescapeDataString((string)http.Request.RouteValues["name"]!);
}
