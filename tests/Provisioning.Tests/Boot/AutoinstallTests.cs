using System.Text.Json;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Tests.Boot;

/// <summary>
/// What Ubuntu's installer is given: checked by a schema of what Canonical's reference of autoinstall says of the keys that Anvil writes.
/// A key that it does not know, the installer does not take either.
/// </summary>
public sealed class AutoinstallTests
{
    private const string Schema =
        """
        {
          "type": "object", "additionalProperties": false, "required": ["autoinstall"],
          "properties": { "autoinstall": {
            "type": "object", "additionalProperties": false,
            "required": ["version", "identity", "ssh", "storage", "apt", "late-commands", "locale", "keyboard", "timezone", "packages"],
            "properties": {
              "version": { "const": 1 },
              "refresh-installer": { "type": "object", "additionalProperties": false,
                "properties": { "update": { "type": "boolean" }, "channel": { "type": "string" } } },
              "locale": { "type": "string", "minLength": 1 },
              "keyboard": { "type": "object", "additionalProperties": false, "required": ["layout"],
                "properties": { "layout": { "type": "string", "minLength": 1 }, "variant": { "type": "string" },
                  "toggle": { "type": ["string", "null"] } } },
              "timezone": { "type": "string", "minLength": 1 },
              "identity": { "type": "object", "additionalProperties": false, "required": ["hostname", "username", "password"],
                "properties": { "hostname": { "type": "string", "minLength": 1 }, "username": { "type": "string", "minLength": 1 },
                  "password": { "type": "string", "minLength": 1 }, "realname": { "type": "string" } } },
              "ssh": { "type": "object", "additionalProperties": false,
                "properties": { "install-server": { "type": "boolean" }, "allow-pw": { "type": "boolean" },
                  "authorized-keys": { "type": "array", "items": { "type": "string" } } } },
              "proxy": { "type": "string", "pattern": "^https?://" },
              "apt": { "type": "object", "additionalProperties": false,
                "properties": { "geoip": { "type": "boolean" }, "fallback": { "enum": ["abort", "continue-anyway", "offline-install"] },
                  "primary": { "type": "array", "minItems": 1, "items": { "type": "object", "required": ["arches", "uri"],
                    "properties": { "arches": { "type": "array", "items": { "type": "string" } },
                      "uri": { "type": "string", "pattern": "^https?://" } } } },
                  "mirror-selection": { "type": "object", "additionalProperties": false, "required": ["primary"],
                    "properties": { "primary": { "type": "array", "minItems": 1, "items": { "type": "object", "required": ["uri"],
                      "properties": { "uri": { "type": "string", "pattern": "^https?://" } } } } } } } },
              "storage": { "type": "object", "additionalProperties": false, "required": ["layout"],
                "properties": { "layout": { "type": "object", "additionalProperties": false, "required": ["name"],
                  "properties": { "name": { "enum": ["lvm", "direct"] },
                    "match": { "type": "object", "additionalProperties": false, "required": ["path"],
                    "properties": { "path": { "type": "string", "pattern": "^/dev/" } } } } } } },
              "packages": { "type": "array", "items": { "type": "string" } },
              "late-commands": { "type": "array", "minItems": 1, "items": { "type": ["string", "array"], "items": { "type": "string" } } },
              "shutdown": { "enum": ["reboot", "poweroff"] } } } } }
        """;

    private static readonly CatalogSnapshot Catalog = TestCatalog.With(
        new Param { Name = "autoinstall", Schema = Json.Element(System.Text.Json.Nodes.JsonNode.Parse(Schema)) });

    private static IEnumerable<string> Installers => Answers.Installers.Where(i => i.StartsWith("ubuntu", StringComparison.Ordinal));

    /// <summary>With every combination of what the template branches on.</summary>
    [Fact]
    public void EveryAutoinstallIsOne()
    {
        var count = 0;
        foreach (var installer in Installers)
        {
            foreach (var values in Answers.Variants(installer))
            {
                count++;
                var text = Answers.Render(installer, values)["user-data"];
                var problems = Problems(text).ToList();
                Assert.True(problems.Count == 0, $"{installer}: {string.Join("; ", problems)}\n{text}");
                // The two mirrors' forms are of two versions of the installer.
                Assert.Equal(installer == "ubuntu-24.04", text.Contains("mirror-selection", StringComparison.Ordinal));
            }
        }

        Assert.True(count > 100, $"{count} are few");
    }

    [Theory]
    [InlineData("ubuntu-22.04")]
    [InlineData("ubuntu-24.04")]
    public void TheAutoinstallSaysWhatTheParamsSay(string installer)
    {
        var own = ContentPack.Yaml(Answers.Render(installer, Answers.Everything)["user-data"])["autoinstall"]!;
        Assert.Equal("""{"hostname":"web1","username":"ann","password":"$6$salt$hash./abc"}""", own["identity"]!.ToJsonString());
        Assert.Equal("""["ssh-ed25519 AAAA ann@example.com"]""", own["ssh"]!["authorized-keys"]!.ToJsonString());
        Assert.Equal("""{"name":"lvm","match":{"path":"/dev/nvme0n1"}}""", own["storage"]!["layout"]!.ToJsonString());
        Assert.Equal(("http://proxy.example:3128/", "de_DE.UTF-8", "de", "Europe/Berlin"),
            (own["proxy"]!.ToString(), own["locale"]!.ToString(), own["keyboard"]!["layout"]!.ToString(), own["timezone"]!.ToString()));
    }

    /// <summary>The commands at the end are shell.</summary>
    [Theory]
    [InlineData("ubuntu-22.04")]
    [InlineData("ubuntu-24.04")]
    public void TheCommandsAtTheEndAreShell(string installer)
    {
        var own = ContentPack.Yaml(Answers.Render(installer, Answers.Nothing)["user-data"])["autoinstall"]!;
        var script = string.Join('\n', own["late-commands"]!.AsArray().Select(c => c!.ToString())) + "\n";
        Answers.Check(script, "sh", "-n");
        Answers.Check(script, "bash", "-n");
    }

    /// <summary>The schema refuses what the installer does: a check that takes everything is none.</summary>
    [Theory]
    [InlineData("    hostname: \"web1\"", "    hostname: 12")]
    [InlineData("  version: 1", "  version: 2")]
    [InlineData("    name: direct", "    name: plain")]
    [InlineData("  shutdown: reboot", "  shutdown: halt")]
    [InlineData("    install-server: true", "    install-server: maybe")]
    [InlineData("  packages: []", "  packges: []")]
    public void WhatTheInstallerRefusesIsFound(string right, string wrong)
    {
        var text = Answers.Render("ubuntu-24.04", Answers.Nothing)["user-data"];
        var changed = text.Replace(right, wrong, StringComparison.Ordinal);
        Assert.NotEqual(text, changed);
        Assert.NotEmpty(Problems(changed));
    }

    /// <summary>What images are given, before cloud-init's own schema: cloud-init is what reads it there.</summary>
    [Fact]
    public void TheImagesUserDataIsCloudConfig()
    {
        var root = Path.Combine(TestCatalog.ContentFolder, "..", "..", ".cache", "tools", "cloud-init");
        if (!Directory.Exists(root)) Assert.Skip("deploy/setup (without --silo-only) fetches cloud-init");
        var files = Answers.RenderTask("image-configure", Answers.Everything);
        Answers.Check(files["user-data"], "env", $"PYTHONPATH={root}/usr/lib/python3/dist-packages", "python3", "-m",
            "cloudinit.cmd.main", "schema", "--config-file");
        Answers.Check(files["image-configure.sh"], "sh", "-n");
    }

    /// <summary>Names that mean something to YAML of version 1.1, which cloud-init reads, are in quotes: a text to every reader.</summary>
    [Theory]
    [InlineData("123", "null")]
    [InlineData("1e3.example.com", "yes")]
    [InlineData("true", "on")]
    [InlineData("2026-01-01", "y")]
    public void NamesThatMeanSomethingToYamlAreNames(string machine, string user)
    {
        var values = new Dictionary<string, JsonElement>(StringComparer.Ordinal) { ["install/user"] = Json.Element(user) };
        var files = Answers.RenderTask("image-configure", values, machine);
        Assert.Contains($"\nhostname: \"{machine.Split('.')[0]}\"\n", files["user-data"], StringComparison.Ordinal);
        Assert.Contains($"\nlocal-hostname: \"{machine.Split('.')[0]}\"\n", files["meta-data"], StringComparison.Ordinal);
        Assert.Contains($"- name: \"{user}\"\n", files["user-data"], StringComparison.Ordinal);
        var own = ContentPack.Yaml(Answers.Render("ubuntu-24.04", values, machine)["user-data"])["autoinstall"]!["identity"]!;
        Assert.Equal((machine.Split('.')[0], user), (own["hostname"]!.GetValue<string>(), own["username"]!.GetValue<string>()));
    }

    private static IEnumerable<string> Problems(string text) => CatalogRules.Values(
        new Dictionary<string, JsonElement>(StringComparer.Ordinal) { ["autoinstall"] = Json.Element(ContentPack.Yaml(text)) }, Catalog);
}
