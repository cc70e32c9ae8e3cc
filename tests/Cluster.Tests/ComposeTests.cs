using Anvil.Lab;

namespace Anvil.Cluster.Tests;

/// <summary>docker-compose.yml, run as a user would.</summary>
[Collection(Alone.Name)]
public sealed class ComposeTests(ITestOutputHelper output)
{
    [Fact(Explicit = true)]
    public void EverythingIsHealthyAClientGetsALeaseAndTheApiAnswers()
    {
        var (code, said, problems) = Commands.Try("bash", Path.Combine(LabPaths.Repository, "tests", "Compose", "run"));
        output.WriteLine(said + problems);
        Assert.Equal(0, code);
    }
}
