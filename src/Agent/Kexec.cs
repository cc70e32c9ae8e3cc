using System.Text.Json.Nodes;

namespace Anvil.Agent;

/// <summary>
/// Boots the machine's next boot environment without going through the firmware, where the boot server gives machines/UUID/kexec.
/// </summary>
internal static class Kexec
{
    /// <summary>Fetches kernel and initial RAM disks and jumps; false when the environment has no kexec file.</summary>
    public static async Task<bool> TryAsync(HttpClient http, string configUrl, string machine, Terminal terminal)
    {
        var root = new Uri(configUrl).GetLeftPart(UriPartial.Authority);
        using var response = await http.GetAsync($"{root}/machines/{machine}/kexec");
        if (!response.IsSuccessStatusCode) return false;
        try
        {
            var plan = JsonNode.Parse(await response.Content.ReadAsStringAsync()) as JsonObject
                ?? throw new AgentException("the kexec file is not a JSON object");
            terminal.Say($"fetches {plan["Kernel"]}");
            await using (var kernel = File.Create("/run/kexec-kernel"))
                await (await http.GetStreamAsync(plan["Kernel"]!.ToString())).CopyToAsync(kernel);
            await using (var initrd = File.Create("/run/kexec-initrd"))
            {
                foreach (var part in plan["Initrds"] as JsonArray ?? [])
                    await (await http.GetStreamAsync(part!.ToString())).CopyToAsync(initrd);
            }

            terminal.Say("jumps into the new kernel");
            Power.Kexec("/run/kexec-kernel", "/run/kexec-initrd", plan["Args"]?.ToString() ?? "");
            return true;
        }
        catch (Exception e) when (e is AgentException or HttpRequestException or IOException or TaskCanceledException
            or System.Text.Json.JsonException)
        {
            terminal.Say($"kexec is not possible ({e.Message}); reboots instead");
            return false;
        }
    }
}
