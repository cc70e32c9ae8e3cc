namespace Anvil.Bench.Cases;

/// <summary>A benchmark: some lines about one path.</summary>
internal interface IBenchCase
{
    /// <summary>Its word on the command line; its lines begin with it.</summary>
    string Name { get; }

    /// <summary>What it measures, in one line.</summary>
    string About { get; }

    /// <summary>Measures; each line is given as soon as it is there.</summary>
    IAsyncEnumerable<BenchLine> RunAsync(BenchOptions options, CancellationToken cancellation);
}
