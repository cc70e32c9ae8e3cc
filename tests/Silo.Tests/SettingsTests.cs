using Microsoft.Extensions.Configuration;

namespace Anvil.Silo.Tests;

/// <summary>What is no setting is refused: it would not hold, and nobody would know.</summary>
public sealed class SettingsTests
{
    [Theory]
    [InlineData("--help", "unknown argument --help")]
    [InlineData("serve", "unknown argument serve")]
    [InlineData("/Silo:DataFolder=x", "unknown argument /Silo:DataFolder")]
    [InlineData("--urls=http://*:80", "unknown argument --urls")]
    [InlineData("--Silo:DataFolder", "--Silo:DataFolder lacks its value")]
    [InlineData("--Silo:DataFolde=x", "there is no setting Silo:DataFolde")]
    [InlineData("--Edge:Interface=eth0", "there is no setting Edge:Interface")]
    [InlineData("--Edge:Interfaces=eth0", "Edge:Interfaces has several values: Edge:Interfaces:0=…")]
    [InlineData("--Silo:FirstPrefs=x", "Silo:FirstPrefs has several values: Silo:FirstPrefs:KEY=…")]
    [InlineData("--Silo:Postgres:Host=x", "Silo:Postgres has one value")]
    public void WhatIsNoSettingIsRefused(string argument, string problem)
        => Assert.StartsWith(problem, Assert.Throws<InvalidOperationException>(() => Check(argument)).Message, StringComparison.Ordinal);

    [Fact]
    public void WhatIsASettingIsTaken()
        => Check(
            "--silo:datafolder=/x", "--Edge:Interfaces:0", "eth0", "--Silo:FirstPrefs:defaultWorkflow=discover", "--Silo:Roles:0=core",
            "--Gateway:ListenersOfUser=3", "--Serilog:MinimumLevel=Debug", "--OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1");

    /// <summary>One that comes from elsewhere than the command line, too.</summary>
    [Fact]
    public void SoIsOneOfTheEnvironment()
        => Assert.Contains("there is no setting Silo:SecretKey", Assert.Throws<InvalidOperationException>(() => Settings.Check([],
            new ConfigurationBuilder().AddInMemoryCollection([new("Silo:SecretKey", "/key")]).Build())).Message, StringComparison.Ordinal);

    [Fact]
    public void AllAreTold()
    {
        var told = Settings.Usage();
        foreach (var setting in new[]
        {
            "--Silo:DataFolder (/var/lib/anvil)", "--Silo:Roles:0, :1, …", "--Silo:FirstPrefs:KEY", "--Edge:ApiPort (8092)",
        })
            Assert.Contains(setting, told, StringComparison.Ordinal);
    }

    private static void Check(params string[] arguments)
        => Settings.Check(arguments, new ConfigurationBuilder().AddCommandLine(arguments).Build());
}
