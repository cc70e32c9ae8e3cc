using System.Diagnostics;
using System.Text.Json;
using Anvil.Provisioning.Boot;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Machines;

namespace Anvil.Provisioning.Tests.Boot;

/// <summary>
/// What installers are given, with every param set and with none but the needed ones; checked by the distributions' own linters.
/// </summary>
public sealed class InstallerTests
{
    private static readonly BootServer Server = new("10.0.0.1", 8091, 8092);

    public static TheoryData<string, bool> Installers
    {
        get
        {
            var all = new TheoryData<string, bool>();
            foreach (var name in new[] { "debian-12", "debian-13", "ubuntu-22.04", "ubuntu-24.04", "rhel-8", "rhel-9" })
            {
                all.Add(name, true);
                all.Add(name, false);
            }

            return all;
        }
    }

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

    private static readonly Dictionary<string, JsonElement> Everything = new(StringComparer.Ordinal)
    {
        ["debian/proxy"] = Json.Element("http://proxy.example:3128/"),
        ["debian/security-mirror"] = Json.Element("http://mirror.example/debian-security"),
        ["ubuntu/proxy"] = Json.Element("http://proxy.example:3128/"),
        ["rhel/proxy"] = Json.Element("http://proxy.example:3128/"),
        ["rhel/extra-repositories"] = Json.Element(
            new Dictionary<string,
                string>(StringComparer.Ordinal)
            { ["appstream"] = "http://mirror.example/rocky/9/AppStream/x86_64/os" }),
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
        ["access-keys"] = Json.Element(
            new Dictionary<string, string>(StringComparer.Ordinal) { ["ann"] = "ssh-ed25519 AAAA ann@example.com" }),
    };

    private static Dictionary<string, string> Render(string installer, bool everything)
    {
        var parameters = Needed(installer).Concat(everything ? Everything : [])
            .ToDictionary(p => p.Key, p => p.Value, StringComparer.Ordinal);
        var catalog = TestCatalog.With();
        Assert.Empty(CatalogRules.Values(parameters, catalog));
        var env = catalog.BootEnvs[installer + "-install"];
        Assert.True(env.Available, string.Join("; ", env.Errors));
        var machine = new Machine
        {
            Uuid = "0b3c6a8e-0000-4000-8000-000000000001",
            Name = "web1.example.com",
            HardwareAddrs = ["52:54:00:00:00:01"],
            BootEnv = env.Name,
            Arch = "amd64",
            Params = parameters
        };
        var context = new RenderContext(catalog, Server, machine, env, (uuid, _, _) => $"token-of-{uuid}");
        return BootFiles.All(context).ToDictionary(f => f.Template.Name, f => f.Render(), StringComparer.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Installers))]
    public void EveryFileRendersAndEveryLoaderNamesKernelAndAnswers(string installer, bool everything)
    {
        var files = Render(installer, everything);
        var answers = installer.Split('-')[0] switch { "debian" => "/seed", "ubuntu" => "/autoinstall/", _ => "/ks" };
        foreach (var loader in new[] { "ipxe-mac", "grub-mac", "pxelinux-mac", "kexec" })
        {
            Assert.Contains($"{installer}/install/", files[loader], StringComparison.Ordinal);
            Assert.Contains("machines/0b3c6a8e-0000-4000-8000-000000000001" + answers, files[loader], StringComparison.Ordinal);
        }

        // GRUB takes a semicolon for the end of a command.
        Assert.DoesNotMatch("(?m)^[^#].*[^\\\\];", files["grub-mac"].Replace("; then", "", StringComparison.Ordinal));
        Assert.Contains("api/v3/$2", files["post-install"], StringComparison.Ordinal);
        Assert.Contains("call POST jobs", files["post-install"], StringComparison.Ordinal);
        Assert.DoesNotContain(files.Values, f => f.Contains("<no value>", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Installers))]
    public void TheClosingScriptIsAShellScript(string installer, bool everything)
        => Check(Render(installer, everything)["post-install"], "sh", "-n");

    /// <summary>GRUB's own reader of its scripts: it knows no `||`, and says so only on a machine's screen.</summary>
    [Theory]
    [MemberData(nameof(Installers))]
    public void TheGrubScriptIsOne(string installer, bool everything)
        => Check(Render(installer, everything)["grub-mac"], "grub-script-check");

    /// <summary>debconf-set-selections, Debian's own reader of preseeds.</summary>
    [Theory]
    [InlineData("debian-12", true)]
    [InlineData("debian-12", false)]
    [InlineData("debian-13", true)]
    [InlineData("debian-13", false)]
    public void ThePreseedIsOne(string installer, bool everything)
    {
        var seed = Render(installer, everything)["seed"];
        Check(seed, "debconf-set-selections", "--checkonly");
        Assert.All(seed.Split('\n').Where(l => l.Length > 0 && l[0] != '#'),
            line => Assert.Matches(
                "^(d-i|tasksel|popularity-contest) [a-z0-9/_-]+ (string|boolean|select|multiselect|password|note)( .*)?$", line));
    }

    /// <summary>cloud-init, which hands the file to Ubuntu's installer.</summary>
    [Theory]
    [InlineData("ubuntu-22.04", true)]
    [InlineData("ubuntu-22.04", false)]
    [InlineData("ubuntu-24.04", true)]
    [InlineData("ubuntu-24.04", false)]
    public void TheAutoinstallIsCloudConfig(string installer, bool everything)
    {
        var root = Path.Combine(TestCatalog.ContentFolder, "..", "..", ".cache", "tools", "cloud-init");
        if (!Directory.Exists(root)) Assert.Skip("deploy/setup (without --silo-only) fetches cloud-init");
        var text = Render(installer, everything)["user-data"];
        // The installer's own part is checked by the installer; that the rest of the file is cloud-config, by cloud-init.
        var own = new YamlDotNet.Serialization.DeserializerBuilder().Build()
            .Deserialize<Dictionary<string, Dictionary<string, object>>>(text);
        Assert.Equal(["autoinstall"], own.Keys);
        Assert.Equal("1", own["autoinstall"]["version"]);
        Assert.Superset(
            new HashSet<string> { "identity", "ssh", "storage", "apt", "late-commands", "locale", "keyboard", "timezone", "packages" },
            own["autoinstall"].Keys.ToHashSet());
        var locale = text.Split('\n').First(l => l.StartsWith("  locale", StringComparison.Ordinal))[2..];
        var users = $"#cloud-config\n{locale}\n";
        Check(users, "env", $"PYTHONPATH={root}/usr/lib/python3/dist-packages", "python3", "-m", "cloudinit.cmd.main", "schema",
            "--config-file");
    }

    [Theory]
    [InlineData("rhel-8")]
    [InlineData("rhel-9")]
    public void TheKickstartHasItsSectionsAndItsScriptIsOne(string installer)
    {
        var kickstart = Render(installer, true)["kickstart"];
        Assert.Equal(2, kickstart.Split('\n').Count(l => l == "%end"));
        foreach (var line in new[] { "url --url=\"http://mirror.example/rocky/9/BaseOS/x86_64/os\" --proxy=\"http://proxy.example:3128/\"",
            "ignoredisk --only-use=nvme0n1", "autopart --type=lvm",
            "user --name=ann --groups=wheel --iscrypted --password=$6$salt$hash./abc", "htop" })
            Assert.Contains(line, kickstart.Split('\n'));
        Check(string.Join('\n',
            kickstart.Split('\n').SkipWhile(l => !l.StartsWith("%post", StringComparison.Ordinal)).Skip(1).TakeWhile(l => l != "%end")),
                "sh", "-n");
    }

    [Theory]
    [InlineData("install/user", "ann; reboot")]
    [InlineData("timezone", "Etc/UTC\nd-i preseed/run string http://evil")]
    [InlineData("debian/mirror", "http://mirror.example/debian\nd-i x y z")]
    [InlineData("install/disk", "/dev/sda --x")]
    [InlineData("access-keys", "key' ; rm -rf /; '")]
    public void ValuesThatWouldChangeTheInstallersLinesAreRefused(string name, string value)
    {
        var element = name == "access-keys" ? Json.Element(new Dictionary<string, string>(StringComparer.Ordinal) { ["x"] = value })
            : Json.Element(value);
        Assert.NotEmpty(
            CatalogRules.Values(new Dictionary<string, JsonElement>(StringComparer.Ordinal) { [name] = element }, TestCatalog.With()));
    }

    private static void Check(string text, params string[] command)
    {
        var file = Path.GetTempFileName();
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
        File.Delete(file);
        Assert.True(process.ExitCode == 0 && !error.Contains("warning", StringComparison.OrdinalIgnoreCase),
            $"{string.Join(' ', command)}: {error}{said.Result}\n{text}");
    }
}
