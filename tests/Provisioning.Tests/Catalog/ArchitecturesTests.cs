using Anvil.Provisioning.Catalog;

namespace Anvil.Provisioning.Tests.Catalog;

public sealed class ArchitecturesTests
{
    [Theory]
    [InlineData("x86_64", "amd64")]
    [InlineData("aarch64", "arm64")]
    [InlineData("amd64", "amd64")]
    public void ABootEnvironmentMayUseAliases(string written, string arch)
    {
        var env = Env(written);
        Assert.Equal("k-" + written, env.For(arch)?.Kernel);
        Assert.Null(env.For(arch == "amd64" ? "arm64" : "amd64"));
        Assert.Empty(env.ArchitectureProblems());
        Assert.True(TestCatalog.With(env).BootEnvs[env.Name].Available);
    }

    [Theory]
    [InlineData("bootenv: Invalid architecture amd46", "amd46")]
    [InlineData("bootenv: Invalid architecture AMD64", "AMD64")]
    [InlineData("bootenv: architecture amd64 is there twice: amd64, x86_64", "amd64", "x86_64")]
    public void OtherNamesMakeItUnavailable(string problem, params string[] names)
    {
        var env = TestCatalog.With(Env(names)).BootEnvs["case-arch"];
        Assert.False(env.Available);
        Assert.Contains(problem, env.Errors);
    }

    private static BootEnv Env(params string[] names) => new()
    {
        Name = "case-arch",
        OS = new OsInfo
        {
            Name = "caseos-9",
            SupportedArchitectures = names.ToDictionary(n => n, n => new ArchInfo { Kernel = "k-" + n }, StringComparer.Ordinal)
        },
        Templates = [new TemplateInfo { Name = "ipxe", Path = "{{.Machine.Path}}/case.ipxe", Contents = "#!ipxe\nboot\n" }],
    };
}
