using Anvil.Lab.Tests;
using Xunit.Sdk;
using Xunit.v3;

[assembly: TestCollectionOrderer(typeof(LongestFirst))]

namespace Anvil.Lab.Tests;

/// <summary>Begins with the classes whose tests take longest, lest one of them runs on alone when all the others are over.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    private static readonly string[] Longest =
        [nameof(UefiImageDeploymentTests), nameof(BootPathTests), nameof(ProxyTests), nameof(IsolationTests)];

    /// <inheritdoc/>
    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection
        => [.. testCollections.OrderBy(c => Place(c))];

    private static int Place(ITestCollection collection)
    {
        var place = Array.FindIndex(Longest, name => collection.TestCollectionDisplayName.Contains($".{name} ", StringComparison.Ordinal));
        return place < 0 ? Longest.Length : place;
    }
}
