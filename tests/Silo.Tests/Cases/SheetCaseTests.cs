namespace Anvil.Silo.Tests.Cases;

/// <summary>Each line of `sheets.jsonl`: a file of `sheets/`, or an export, and what its import must give.</summary>
public abstract class SheetCaseTests(SiloFixture silo)
{
    /// <summary>Cases by their names.</summary>
    public static TheoryData<string> Names { get; } = [.. ApiCases.Of("sheets.jsonl").Select(c => c["id"]!.ToString())];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task WhatOnceWentWrongIsRight(string name)
    {
        var one = ApiCases.Of("sheets.jsonl").Single(c => c["id"]!.ToString() == name);
        var wrong = await new ApiCases(silo).RunAsync(one);
        Assert.True(wrong.Count == 0, $"{one["what"]}: {string.Join('\n', wrong)}");
    }
}

/// <summary>On one silo with SQLite.</summary>
public sealed class SingleSheetCaseTests(SingleSilo silo) : SheetCaseTests(silo), IClassFixture<SingleSilo>;

/// <summary>On three silos with PostgreSQL.</summary>
public sealed class ClusterSheetCaseTests(SiloCluster silo) : SheetCaseTests(silo), IClassFixture<SiloCluster>;
