namespace Anvil.Silo.Tests.Hostile;

/// <summary>Where a process may open few files, its HTTP ports take so many connections fewer, and it says so.</summary>
public sealed class OpenFilesTests
{
    [Fact]
    public async Task FewFilesAreFewConnections()
    {
        await using var silo = new SiloProgram { OpenFiles = 1024 };
        await silo.StartAsync();
        // Half of them are left to everything else; of the rest each connection of boot HTTP may take two.
        Assert.Contains("may have 1024 files open", silo.Log(), StringComparison.Ordinal);
        Assert.Contains("each HTTP port takes 170 connections", silo.Log(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task EnoughFilesAreNothingToSay()
    {
        await using var silo = new SiloProgram("--Silo:Connections=100") { OpenFiles = 4096 };
        await silo.StartAsync();
        Assert.DoesNotContain("files open", silo.Log(), StringComparison.Ordinal);
    }
}
