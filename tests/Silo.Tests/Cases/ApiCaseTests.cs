using System.Text.Json.Nodes;

namespace Anvil.Silo.Tests.Cases;

/// <summary>Each line of `api.jsonl`, in its order: those that were dangerous come last, on a silo that they have for
/// themselves.</summary>
public abstract class ApiCaseTests(SiloFixture silo)
{
    /// <summary>Cases by their beginnings, so that a failure names its kind.</summary>
    public static TheoryData<string> Groups { get; } = [.. ApiCases.All.Select(GroupOf).Distinct(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Groups))]
    public async Task WhatOnceWentWrongIsRight(string group)
    {
        var wrong = new List<string>();
        foreach (var one in ApiCases.All.Where(c => GroupOf(c) == group).OrderBy(c => c["danger"] is not null))
            wrong.AddRange((await new ApiCases(silo).RunAsync(one)).Select(w => $"{one["id"]} ({one["what"]}): {w}"));
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    private static string GroupOf(JsonObject one) => one["id"]!.ToString().Split('-')[0];
}

/// <summary>On one silo with SQLite.</summary>
public sealed class SingleApiCaseTests(SingleSilo silo) : ApiCaseTests(silo), IClassFixture<SingleSilo>;

/// <summary>On three silos with PostgreSQL.</summary>
public sealed class ClusterApiCaseTests(SiloCluster silo) : ApiCaseTests(silo), IClassFixture<SiloCluster>;
