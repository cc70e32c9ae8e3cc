using Anvil.Provisioning.Boot;

namespace Anvil.Provisioning.Tests.Boot;

/// <summary>What a preview tells of params is bounded: templates ask for whatever names they make up.</summary>
public sealed class ParamReadsTests
{
    [Fact]
    public void NamesAreBoundedTogether()
    {
        var reads = new ParamReads();
        for (var i = 0; i < 100; i++) reads.Add($"{i}{new string('x', 30_000)}", null);
        Assert.True(reads.IsShortened);
        Assert.InRange(reads.All.Sum(r => r.Name.Length), 1, ParamReads.MostCharacters);

        // What is told already is no more of it.
        var before = reads.All.Count;
        reads.Add(reads.All[0].Name, null);
        Assert.Equal(before, reads.All.Count);
    }

    [Fact]
    public void FewAreToldWhole()
    {
        var reads = new ParamReads();
        reads.Add("b", null);
        reads.Add("a", null);
        reads.Add("a", null);
        Assert.False(reads.IsShortened);
        Assert.Equal(["a", "b"], reads.All.Select(r => r.Name));
    }
}
