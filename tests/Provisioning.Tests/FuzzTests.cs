using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Anvil.Provisioning.Boot;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Machines;
using Anvil.Provisioning.Network;
using Anvil.Provisioning.Sheets;
using Anvil.Provisioning.Tests.Boot.Kickstarts;
using Anvil.Support;
using Anvil.Templates;

namespace Anvil.Provisioning.Tests;

/// <summary>Templates, installers' answers and sheets of machines, made up of nasty parts.</summary>
public sealed partial class FuzzTests
{
    private static readonly CatalogSnapshot Catalog = TestCatalog.With(TestCatalog.Subnet(), new Profile { Name = "rack1" });
    private static readonly string[] Nasty = ["", "x", "\n", "\r\n", "'", "\"", "\\", "{{ .Machine.Secret }}", "}}", "; reboot", "$(id)",
        "`id`", "d-i preseed/run string x", "\0", "é", "\u2028", " ", "/dev/sda", "http://mirror.example/debian", "Etc/UTC", "us", "-",
        "..", "%end", "EOF", "\t", "#", "%0A", "%5C", "\x1c", "\x85", "&", "%pre\nid\n%end\n"];
    private static readonly string[] Installers = ["debian-12", "debian-13", "ubuntu-22.04", "ubuntu-24.04", "rhel-8", "rhel-9"];
    private static readonly string[] Names = ["debian/mirror", "debian/proxy", "debian/security-mirror", "ubuntu/mirror", "ubuntu/iso",
        "ubuntu/proxy", "rhel/repository", "rhel/proxy", "install/user", "install/password-hash", "install/disk", "install/disk-layout",
        "install/post-install", "install/locale", "install/keyboard", "timezone", "domain", "kernel-console"];

    private static readonly TemplateLimits Limits = TemplateLimits.Default;

    [Fact]
    public Task Templates() => Fuzz.FixedAsync(OneTemplate);

    [Fact(Explicit = true)]
    public Task TemplatesWithoutEnd() => Fuzz.OpenAsync(OneTemplate);

    [Fact]
    public Task InstallersAnswers() => Fuzz.FixedAsync(OneInstaller, cases: 20_000);

    [Fact(Explicit = true)]
    public Task InstallersAnswersWithoutEnd() => Fuzz.OpenAsync(OneInstaller);

    [Fact]
    public Task Sheets() => Fuzz.FixedAsync(OneSheet);

    [Fact(Explicit = true)]
    public Task SheetsWithoutEnd() => Fuzz.OpenAsync(OneSheet);

    [Fact]
    public Task Requests() => Fuzz.FixedAsync(OneRequest);

    [Fact(Explicit = true)]
    public Task RequestsWithoutEnd() => Fuzz.OpenAsync(OneRequest);

    /// <summary>Whatever path a machine asks for, it gets nothing of another machine.</summary>
    private static void OneRequest(Random random)
    {
        var env = Catalog.BootEnvs["debian-13-install"];
        RenderContext ContextOf(int number) => new(Catalog, new BootServer("10.0.0.1", 8091, 8092), new Machine
        {
            Uuid = $"0b3c6a8e-0000-4000-8000-00000000000{number}",
            Name = $"web{number}.example.com",
            HardwareAddrs = [$"52:54:00:00:00:0{number}"],
            BootEnv = env.Name,
            Arch = "amd64",
            Params = new Dictionary<string,
                JsonElement>(StringComparer.Ordinal)
            {
                ["debian/mirror"] = Json.Element("http://mirror.example/debian"),
                ["install/password-hash"] = Json.Element($"$6$secret$of{number}")
            },
        }, env, (_, _, _) => $"token{number}");
        var own = ContextOf(1);
        string[] theirs = ["52:54:00:00:00:02.ipxe", "pxelinux.cfg/01-52-54-00-00-00-02", "grub/grub.cfg",
            "machines/0b3c6a8e-0000-4000-8000-000000000002/seed", "machines/0b3c6a8e-0000-4000-8000-000000000002/post-install.sh"];
        var path = theirs[random.Next(theirs.Length)];
        if (random.Next(4) > 0) path = Encoding.Latin1.GetString(Fuzz.Mutate(random, Encoding.Latin1.GetBytes(path)));
        if (BootFiles.Find(path, own) is not { } file) return;
        var text = file.Render();
        foreach (var foreign in new[] { "000000000002", "52:54:00:00:00:02", "web2", "of2", "token2" })
            Assert.DoesNotContain(foreign, text, StringComparison.OrdinalIgnoreCase);
    }

    private static void OneTemplate(Random random)
    {
        const string Seed =
            "{{ define \"a\" }}{{ range $i, $x := .L }}{{ if eq $i 1 }}{{ $x | upper | printf \"%5s\" }}{{ else }}{{ .N }}{{ end }}{{ end "
                + "}}{{ end }}{{ template \"a\" . }}{{ with .M }}{{ index . \"k\" }}{{ end }}{{- /* c */ -}}{{ toJson .L }}";
        var data = new TemplateMap(
            new Dictionary<string, object?>(StringComparer.Ordinal)
            {
                ["L"] = new List<object?> { "a", "b" },
                ["M"] = new TemplateMap(new Dictionary<string, object?>(StringComparer.Ordinal) { ["k"] = 1L }),
                ["N"] = null
            });
        try
        {
            Assert.True(TemplateSet.Empty.Render("t", Encoding.UTF8.GetString(Fuzz.Mutate(random, Encoding.UTF8.GetBytes(Seed))),
                data).Length <= Limits.OutputCharacters);
        }
        catch (TemplateException)
        {
            // The one way to fail.
        }
    }

    /// <summary>
    /// Values that the params' schemas take may be strange; they never become lines of their own, and no secret comes out.
    /// </summary>
    private static void OneInstaller(Random random)
    {
        var installer = Installers[random.Next(Installers.Length)];
        var values = new Dictionary<string, JsonElement>(StringComparer.Ordinal)
        {
            ["debian/mirror"] = Json.Element("http://mirror.example/debian"),
            ["ubuntu/mirror"] = Json.Element("http://mirror.example/ubuntu"),
            ["ubuntu/iso"] = Json.Element("http://mirror.example/u.iso"),
            ["rhel/repository"] = Json.Element("http://mirror.example/r"),
        };
        for (var n = random.Next(4); n > 0; n--)
        {
            var name = Names[random.Next(Names.Length)];
            var value = Json.Element(string.Concat(Enumerable.Range(0, random.Next(1, 4)).Select(_ => Nasty[random.Next(Nasty.Length)])));
            if (!CatalogRules.Values(new Dictionary<string, JsonElement>(StringComparer.Ordinal) { [name] = value }, Catalog).Any())
                values[name] = value;
        }

        var env = Catalog.BootEnvs[installer + "-install"];
        var machine = new Machine
        {
            Uuid = "0b3c6a8e-0000-4000-8000-000000000001",
            Name = "web1.example.com",
            HardwareAddrs = ["52:54:00:00:00:01"],
            BootEnv = env.Name,
            Arch = "amd64",
            Secret = "verysecret",
            Params = values
        };
        var context = new RenderContext(Catalog, new BootServer("10.0.0.1", 8091, 8092), machine, env, (_, _, _) => "token");
        foreach (var file in BootFiles.All(context))
        {
            var text = file.Render();
            Assert.DoesNotContain("verysecret", text, StringComparison.Ordinal);
            if (file.Template.Name == "seed")
                Assert.All(text.Split('\n').Where(l => l.Length > 0 && l[0] != '#'), line =>
                {
                    Assert.Matches(SeedLine(), line);
                    // It would go on in the next one.
                    Assert.False(line.EndsWith('\\'), line);
                });
            if (file.Template.Name != "kickstart") continue;
            var kickstart = KickstartFile.Read(text, installer == "rhel-8" ? 8 : 9);
            Assert.Empty(kickstart.Problems);
            Assert.Equal(["%packages", "%post"], kickstart.Sections.Select(s => s.Head.Name));
        }
    }

    private static void OneSheet(Random random)
    {
        string[] titles = ["Name", "MACs", "Address", "Profiles", "Workflow", "BootEnv", "Arch", "BMC", "Description", "param:x",
            "param:timezone"];
        string[] cells = [.. Nasty, "web1", "52:54:00:00:00:01", "525400000002", "10.0.0.15", "10.0.0.255", "rack1", "discover", "local",
            "arm64", "[1,{\"a\":2}]", "{", "1e400", new string('x', 300), "52:54:00:00:00:01 52:54:00:00:00:02"];
        var header = Enumerable.Range(0, random.Next(1, 6)).Select(_ => titles[random.Next(titles.Length)])
            .Distinct(StringComparer.Ordinal).ToList();
        var problems = new List<SheetProblem>();
        var columns = MachineSheet.Columns(header, problems);
        if (problems.Count > 0) return;
        var sheet = new Sheet(header,
            [.. Enumerable.Range(2, random.Next(1, 4))
                .Select(n => new SheetRow(n, [.. header.Select(_ => cells[random.Next(cells.Length)])]))]);
        foreach (var plan in MachineSheet.Plan(sheet, columns, new MachinesOfSheet([]), Catalog, new ReservationBook(),
            TestCatalog.Keys, TestCatalog.Start, () => Guid.NewGuid().ToString()))
        {
            if (plan.Action == RowAction.Refuse) Assert.NotEmpty(plan.Problems);
            else _ = Json.Write(
                MachineRules.Create(plan.Machine, Catalog, TestCatalog.Start, discovered: false, new ChangeOptions(), "secret"));
        }
    }

    [GeneratedRegex("^(d-i|tasksel|popularity-contest) [a-z0-9/_-]+ (string|boolean|select|multiselect|password|note)( .*)?$")]
    private static partial Regex SeedLine();
}
