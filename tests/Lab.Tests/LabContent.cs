using System.Text.Json.Nodes;

namespace Anvil.Lab.Tests;

/// <summary>What several tests give to their machines.</summary>
internal static class LabContent
{
    /// <summary>Preferences that install every machine.</summary>
    public static readonly Dictionary<string, string> Install =
        new(StringComparer.Ordinal) { ["defaultWorkflow"] = "discover-and-install" };

    private const string Again = " login:";
    private const string Key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKz0labKeyOfTheLaboratory0000000000000000000 lab@example.com";

    /// <summary>Gives installed systems a user with password and key.</summary>
    public static Task GiveAccountAsync(Laboratory lab) => lab.Api.PatchAsync("profiles/global", new JsonArray(
        new JsonObject { ["op"] = "add", ["path"] = "/Params/install~1password-hash", ["value"] = LabSettings.PasswordHash },
        new JsonObject { ["op"] = "add", ["path"] = "/Params/access-keys", ["value"] = new JsonObject { ["lab"] = Key } }));

    /// <summary>Logs in on the serial console, where a login prompt ends at a position; the position of the shell's prompt.</summary>
    public static async Task<int> LogInAsync(VirtualMachine vm, int at)
    {
        while (true)
        {
            await vm.TypeAsync("anvil\r");
            (var text, at) = await vm.ExpectAnyAsync(["Password:", Again], Deadline.Boot, at);
            if (text == Again) continue;
            await vm.TypeAsync(LabSettings.Password + "\r");
            (text, at) = await vm.ExpectAnyAsync(["$", Again], Deadline.Boot, at);
            // login(1) waits a minute for a shell, which is less than a busy machine may need.
            if (text != Again) return at;
        }
    }

    /// <summary>What a machine fetched first, as its timeline says it; "" for nothing.</summary>
    public static async Task<string> FirstFileAsync(Laboratory lab, string mac)
        => ((JsonArray)(await lab.Api.GetAsync($"timeline/{mac}"))!).Select(l => l!["What"]!.ToString())
            .FirstOrDefault(w => w.StartsWith("GET ", StringComparison.Ordinal)) ?? "";

    /// <summary>Writes a script into the lab's folder.</summary>
    public static string Script(Laboratory lab, string name, string text)
    {
        var script = Path.Combine(lab.Folder, name + ".script");
        File.WriteAllText(script, text);
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return script;
    }
}
