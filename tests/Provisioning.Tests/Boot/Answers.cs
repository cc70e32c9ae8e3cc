using System.Diagnostics;
using System.Text.Json;
using Anvil.Provisioning.Boot;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Machines;

namespace Anvil.Provisioning.Tests.Boot;

/// <summary>What installers are given: rendered for a machine with params, and looked at by programs.</summary>
internal static class Answers
{
    private static readonly BootServer Server = new("10.0.0.1", 8091, 8092) { ApiPin = "sha256//pin" };
    private static readonly CatalogSnapshot Catalog = TestCatalog.With();

    public static IReadOnlyList<string> Installers { get; } =
        ["debian-12", "debian-13", "ubuntu-22.04", "ubuntu-24.04", "rhel-8", "rhel-9"];

    public static IReadOnlyDictionary<string, JsonElement> Nothing { get; } = new Dictionary<string, JsonElement>(StringComparer.Ordinal);

    public static IReadOnlyDictionary<string, JsonElement> Everything { get; } =
        new Dictionary<string, JsonElement>(StringComparer.Ordinal)
        {
            ["debian/proxy"] = Json.Element("http://proxy.example:3128/"),
            ["debian/security-mirror"] = Json.Element("http://mirror.example/debian-security"),
            ["ubuntu/proxy"] = Json.Element("http://proxy.example:3128/"),
            ["rhel/proxy"] = Json.Element("http://proxy.example:3128/"),
            ["rhel/extra-repositories"] = Map(("appstream", "http://mirror.example/rocky/9/AppStream/x86_64/os")),
            ["install/user"] = Json.Element("ann"),
            ["install/password-hash"] = Json.Element("$6$salt$hash./abc"),
            ["install/disk"] = Json.Element("/dev/nvme0n1"),
            ["install/disk-layout"] = Json.Element("lvm"),
            ["install/packages"] = Json.Element(new[] { "htop", "g++" }),
            ["install/post-install"] = Json.Element("echo \"it's done\" > /etc/motd\n"),
            ["install/locale"] = Json.Element("de_DE.UTF-8"),
            ["install/keyboard"] = Json.Element("de"),
            ["timezone"] = Json.Element("Europe/Berlin"),
            ["domain"] = Json.Element("example.com"),
            ["kernel-console"] = Json.Element("console=tty0 console=ttyS0,115200n8"),
            ["access-keys"] = Map(("ann", "ssh-ed25519 AAAA ann@example.com")),
        };

    /// <summary>What a param that templates branch on may be; null: not set.</summary>
    private static readonly (string Family, string Param, JsonElement?[] Values)[] Branches =
    [
        ("debian", "debian/proxy", [null, Everything["debian/proxy"]]),
        ("debian", "debian/security-mirror", [null, Everything["debian/security-mirror"]]),
        ("debian", "debian/tasks", [null, Json.Element(Array.Empty<string>())]),
        ("debian", "domain", [null, Everything["domain"]]),
        ("ubuntu", "ubuntu/proxy", [null, Everything["ubuntu/proxy"]]),
        ("rhel", "rhel/proxy", [null, Everything["rhel/proxy"]]),
        ("rhel", "rhel/extra-repositories", [null, Everything["rhel/extra-repositories"],
            Map(("a", "http://x/a?b=c&d"), ("b-c", "https://[fd77::1]:8/b"))]),
        ("", "install/password-hash", [null, Json.Element("$y$j9T$salt./0$hash./ABC=")]),
        ("", "install/disk", [null, Json.Element("/dev/sda"), Json.Element("/dev/disk/by-id/wwn-0x5000c500a1b2c3d4")]),
        ("", "install/disk-layout", [null, Json.Element("lvm")]),
        ("", "install/packages", [null, Json.Element(new[] { "htop", "g++" })]),
        ("ubuntu", "access-keys", [null, Map(("ann", "ssh-ed25519 AAAA ann@example.com"),
            ("b", "restrict,command=\"a \\\"b\\\" $(c)\" ssh-rsa B"))]),
    ];

    public static JsonElement Map(params (string Name, string Value)[] entries)
        => Json.Element(entries.ToDictionary(e => e.Name, e => e.Value, StringComparer.Ordinal));

    /// <summary>Every combination of what an installer's templates branch on.</summary>
    public static IEnumerable<Dictionary<string, JsonElement>> Variants(string installer)
    {
        IEnumerable<Dictionary<string, JsonElement>> all = [new(StringComparer.Ordinal)];
        foreach (var (family, param, values) in Branches)
        {
            if (!installer.StartsWith(family, StringComparison.Ordinal)) continue;
            all = all.SelectMany(one => values.Select(
                value => value is { } set ? new Dictionary<string, JsonElement>(one, StringComparer.Ordinal) { [param] = set } : one));
        }

        return all;
    }

    /// <summary>Why values are refused.</summary>
    public static IEnumerable<string> Problems(string param, JsonElement value)
        => CatalogRules.Values(new Dictionary<string, JsonElement>(StringComparer.Ordinal) { [param] = value }, Catalog);

    /// <summary>Every file of an installer, by its template's name.</summary>
    public static Dictionary<string, string> Render(
        string installer, IReadOnlyDictionary<string, JsonElement> values, string machine = "web1.example.com")
    {
        var parameters = new Dictionary<string, JsonElement>(Needed(installer), StringComparer.Ordinal);
        foreach (var (name, value) in values) parameters[name] = value;
        Assert.Empty(CatalogRules.Values(parameters, Catalog));
        var env = Catalog.BootEnvs[installer + "-install"];
        Assert.True(env.Available, string.Join("; ", env.Errors));
        var context = new RenderContext(Catalog, Server, MachineOf(env.Name, parameters, machine), env,
            (uuid, _, _) => $"token-of-{uuid}");
        return BootFiles.All(context).ToDictionary(f => f.Template.Name, f => f.Render(), StringComparer.Ordinal);
    }

    /// <summary>Every file of a task, by its template's name.</summary>
    public static Dictionary<string, string> RenderTask(
        string task, IReadOnlyDictionary<string, JsonElement> values, string machine = "web1.example.com")
    {
        Assert.Empty(CatalogRules.Values(values, Catalog));
        var context = new RenderContext(Catalog, Server, MachineOf("sledgehammer", values, machine), Catalog.BootEnvs["sledgehammer"],
            (uuid, _, _) => $"token-of-{uuid}");
        return JobActions.Render(Catalog.Tasks[task], context, "linux").ToDictionary(a => a.Name, a => a.Content, StringComparer.Ordinal);
    }

    /// <summary>Shows a text to a program, as a file: it has nothing to say against it.</summary>
    public static void Check(string text, params string[] command)
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, text);
            using var process =
                Process.Start(new ProcessStartInfo(command[0], [.. command[1..], file])
                {
                    RedirectStandardError = true,
                    RedirectStandardOutput = true
                })!;
            var said = process.StandardOutput.ReadToEndAsync();
            var error = process.StandardError.ReadToEnd();
            process.WaitForExit();
            Assert.True(process.ExitCode == 0 && !error.Contains("warning", StringComparison.OrdinalIgnoreCase),
                $"{string.Join(' ', command)}: {error}{said.Result}\n{text}");
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static Machine MachineOf(string env, IReadOnlyDictionary<string, JsonElement> values, string name) => new()
    {
        Uuid = "0b3c6a8e-0000-4000-8000-000000000001",
        Name = name,
        HardwareAddrs = ["52:54:00:00:00:01"],
        BootEnv = env,
        Arch = "amd64",
        Params = new Dictionary<string, JsonElement>(values, StringComparer.Ordinal)
    };

    private static Dictionary<string, JsonElement> Needed(string installer) => installer.Split('-')[0] switch
    {
        "debian" => new(StringComparer.Ordinal) { ["debian/mirror"] = Json.Element("http://mirror.example:8080/debian") },
        "ubuntu" => new(StringComparer.Ordinal)
        {
            ["ubuntu/mirror"] = Json.Element("http://mirror.example/ubuntu"),
            ["ubuntu/iso"] = Json.Element("http://mirror.example/live.iso")
        },
        _ => new(StringComparer.Ordinal) { ["rhel/repository"] = Json.Element("http://mirror.example/rocky/9/BaseOS/x86_64/os") },
    };
}
