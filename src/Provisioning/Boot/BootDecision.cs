using System.Text.Json;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Machines;

namespace Anvil.Provisioning.Boot;

/// <summary>
/// The boot decision: one pure function that DHCP, proxyDHCP, HTTP boot and the API's preview all call, so that what the
/// preview says is what the firmware gets.
/// </summary>
public static class BootDecision
{
    /// <summary>Decides what a client boots.</summary>
    /// <param name="machine">The machine with the client's MAC, or null for an unknown one.</param>
    /// <param name="mac">The client's MAC address.</param>
    /// <param name="client">What asks.</param>
    /// <param name="catalog">Boot environments and preferences.</param>
    /// <param name="server">How the client reaches us.</param>
    /// <param name="lack">Boot files that are missing, which is said and decides nothing; null: not known.</param>
    public static BootAnswer Decide(IBootSubject? machine, string mac, BootClient client, CatalogSnapshot catalog, BootServer server,
        IBootFileLack? lack = null)
    {
        var answer = DecideAs(machine, mac, client, catalog, server, lack);
        foreach (var other in client.Others)
        {
            if (answer.Boots || answer.FromDisk) break;
            if (DecideAs(machine, mac, client.As(other), catalog, server, lack) is { Boots: true } found) answer = found;
        }

        return answer;
    }

    private static BootAnswer DecideAs(IBootSubject? machine, string mac, BootClient client, CatalogSnapshot catalog, BootServer server,
        IBootFileLack? lack)
    {
        var reasons = new List<string>();
        var uuid = machine?.Uuid ?? "";
        string envName;
        if (machine is null)
        {
            envName = catalog.Prefs["unknownBootEnv"];
            reasons.Add($"{mac} is no known machine: the preference unknownBootEnv says {envName}");
        }
        else
        {
            envName = WhileItWaits.BootEnvOf(machine, catalog);
            reasons.Add($"{mac} is {machine.Name} ({uuid}): its BootEnv is {machine.BootEnv}");
            if (envName != machine.BootEnv) reasons.Add($"it waits for approval, and installs nothing until then: {envName}");
        }

        if (client.Row is { } row) reasons.Add($"the client is {row.Name}");
        BootAnswer No(string reason) => new(false, "", envName, uuid, [.. reasons, reason]) { Architecture = client.Architecture };
        BootAnswer Yes(string file) => new(true, file, envName, uuid, reasons) { Architecture = client.Architecture };
        if (client.Kind == ClientKind.None)
            return No("the client does not ask for a network boot (option 60 is neither PXEClient nor HTTPClient)") with
            {
                LeavesOpen = true,
            };
        if (envName.Length == 0) return No("it has none that can be read");
        if (!catalog.BootEnvs.TryGetValue(envName, out var env)) return No($"there is no boot environment {envName}");
        if (!env.Available) return No($"boot environment {envName} is not available: {Reasons.Joined(env.Errors)}");
        if (!env.NetBoots())
            return No($"{envName} boots nothing from the network: the firmware goes on to the local disk") with
            {
                FromDisk = machine is not null,
                LeavesOpen = machine is null,
            };
        if (client.Arch is null)
            return No($"architecture {client.Architecture} (option 93) cannot be booted: there is no boot program") with
            {
                LeavesOpen = true,
            };
        if (env.For(client.Arch) is null && !env.Loaders.ContainsKey(client.LoaderKey))
        {
            if (machine is not null) return No($"{envName} has no kernel for {client.Arch}");
            reasons.Add($"{envName} has no kernel for {client.Arch}: the boot program will say so on the machine's screen");
        }

        // Mostly there is nothing, and it is asked for every packet.
        List<string>? unset = null;
        foreach (var name in env.RequiredParams.Count == 0 ? [] : MachineParams.Missing(env.RequiredParams, machine, catalog))
            (unset ??= []).Add(name);
        if (unset is not null) reasons.AddRange(Unset(envName, unset));
        if (lack?.Of(env, client.Arch) is { Count: > 0 } files) reasons.AddRange(Lacking(envName, files));
        if (client.Kind == ClientKind.Ipxe)
        {
            var script = machine is null ? "default.ipxe" : $"{mac}.ipxe";
            reasons.Add("the client is iPXE with HTTP: it gets its script's URL");
            return Yes($"{server.FileUrl}/{script}");
        }

        var loader = client.File.Length > 0 ? client.File : Loader(env, machine, client, catalog);
        if (loader is null)
            return No($"there is no boot program for {client.Firmware} on {client.Arch}") with { LeavesOpen = true };
        reasons.Add(client.Kind switch
        {
            ClientKind.Http => $"UEFI HTTP boot on {client.Arch}: it gets {loader} by URL",
            ClientKind.LimitedIpxe => $"the client is an iPXE that lacks features: it gets {loader}",
            _ when client.Architecture == ClientArchitectures.RaspberryPi =>
                "a Raspberry Pi: it gets its own menu item, and asks by TFTP for its files",
            _ => $"a PXE ROM ({client.Firmware}, {client.Arch}): it gets {loader} by TFTP",
        });
        if (lack?.Of(loader) is { } lacking) reasons.Add($"that boot program is {loader}, {lacking}");
        return Yes(client.Kind == ClientKind.Http && !loader.Contains("://", StringComparison.Ordinal)
            ? $"{server.FileUrl}/{loader}" : loader);
    }

    private static string? Loader(BootEnv env, IBootSubject? machine, BootClient client, CatalogSnapshot catalog)
    {
        if (env.Loaders.TryGetValue(client.LoaderKey, out var named) && named.Length > 0) return named;
        if (env.For(client.Arch!)?.Loader is { Length: > 0 } loader) return loader;
        var wanted = machine?.HasParam(IBootSubject.LoaderParam) == true ? machine.BootLoader
            : MachineParams.TryInherit(IBootSubject.LoaderParam, machine, catalog, out var value)
                && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        return ClientArchitectures.Program(client.Architecture, wanted);
    }

    private static IEnumerable<string> Unset(string env, IReadOnlyList<string> names)
        => Reasons.First([.. names.Select(name => $"{env} needs the param {name}, which is not set: its files will not render")],
            n => $"{env} needs {n} more params that are not set");

    private static IEnumerable<string> Lacking(string env, IReadOnlyList<string> files)
        => Reasons.First(files, n => $"{env} lacks {n} more boot files");
}
