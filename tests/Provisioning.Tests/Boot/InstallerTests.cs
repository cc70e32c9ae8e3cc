using System.Text.Json;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Tests.Boot;

/// <summary>
/// What installers are given, with every param set and with none but the needed ones; checked by the distributions' own linters.
/// </summary>
public sealed class InstallerTests
{
    public static TheoryData<string, bool> Installers
    {
        get
        {
            var all = new TheoryData<string, bool>();
            foreach (var name in Answers.Installers)
            {
                all.Add(name, true);
                all.Add(name, false);
            }

            return all;
        }
    }

    private static Dictionary<string, string> Render(string installer, bool everything)
        => Answers.Render(installer, everything ? Answers.Everything : Answers.Nothing);

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
        Assert.Contains("curl -fsS -k --pinnedpubkey 'sha256//pin' -o", files["post-install"], StringComparison.Ordinal);
        Assert.Contains("wget -q --no-check-certificate --pinnedpubkey='sha256//pin' -O", files["post-install"], StringComparison.Ordinal);
        Assert.DoesNotContain(files.Values, f => f.Contains("<no value>", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Installers))]
    public void TheClosingScriptIsAShellScript(string installer, bool everything)
        => Answers.Check(Render(installer, everything)["post-install"], "sh", "-n");

    /// <summary>GRUB's own reader of its scripts: it knows no `||`, and says so only on a machine's screen.</summary>
    [Theory]
    [MemberData(nameof(Installers))]
    public void TheGrubScriptIsOne(string installer, bool everything)
        => Answers.Check(Render(installer, everything)["grub-mac"], "grub-script-check");

    /// <summary>debconf-set-selections, Debian's own reader of preseeds.</summary>
    [Theory]
    [InlineData("debian-12", true)]
    [InlineData("debian-12", false)]
    [InlineData("debian-13", true)]
    [InlineData("debian-13", false)]
    public void ThePreseedIsOne(string installer, bool everything)
    {
        var seed = Render(installer, everything)["seed"];
        Answers.Check(seed, "debconf-set-selections", "--checkonly");
        Assert.All(seed.Split('\n').Where(l => l.Length > 0 && l[0] != '#'),
            line => Assert.Matches(
                "^(d-i|tasksel|popularity-contest) [a-z0-9/_-]+ (string|boolean|select|multiselect|password|note)( .*)?$", line));
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
}
