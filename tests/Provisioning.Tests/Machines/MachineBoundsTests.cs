using System.Text.Json;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Jobs;
using Anvil.Provisioning.Machines;

namespace Anvil.Provisioning.Tests.Machines;

/// <summary>What a machine may say of itself, and what anybody may say of one: every silo and edge keeps some of it.</summary>
public sealed class MachineBoundsTests
{
    private const string Uuid = "0b3c6a8e-0000-4000-8000-000000000001";
    private static readonly CatalogSnapshot Catalog = TestCatalog.With();
    private static readonly ChangeOptions Itself = new(ByMachine: true);
    private static readonly Machine Known = MachineRules.Create(new Machine { Uuid = Uuid, Name = "m1" }, Catalog, TestCatalog.Start,
        discovered: true, new ChangeOptions(), "secret");

    [Fact]
    public void TheNameOfTheSystemIsShort()
    {
        Assert.Equal(255, Updated(m => m with { OS = new string('o', 255) }, Itself).OS.Length);
        Assert.Equal(["OS has at most 255 characters"], Problems(m => m with { OS = new string('o', 256) }, Itself));
        // What an older version took stands in nobody's way.
        var old = Known with { OS = new string('o', 1000) };
        Assert.Equal("d", MachineRules.Update(old, old with { Description = "d" }, Catalog, TestCatalog.Start, Itself).Description);
    }

    [Theory]
    [InlineData(128, 128, "")]
    [InlineData(129, 20, "Params: a machine says at most 128 facts of itself")]
    [InlineData(1, 129, "Params: a fact's name has at most 128 characters: hardware/")]
    public void FactsAreFewAndTheirNamesShort(int number, int length, string problem)
    {
        var facts = Enumerable.Range(0, number).ToDictionary(i => $"hardware/{i:000}".PadRight(length, 'x'), _ => Json.Element(1),
            StringComparer.Ordinal);
        Machine With(Machine machine) => machine with { Params = facts };
        if (problem.Length == 0) Assert.Equal(number, Updated(With, Itself).Params.Count);
        else Assert.Contains(Problems(With, Itself), p => p.StartsWith(problem, StringComparison.Ordinal));
        // Whoever has the right says more.
        Assert.Equal(number, Updated(With, new ChangeOptions()).Params.Count);
    }

    [Fact]
    public void FactsAreCountedAsTheyAreStored()
    {
        static Machine With(Machine machine, int smiles)
        {
            var value = Json.Element(string.Concat(Enumerable.Repeat("\U0001F600", smiles)));
            return machine with { Params = new Dictionary<string, JsonElement> { ["hardware/x"] = value } };
        }

        Assert.Single(Updated(m => With(m, 20_000), Itself).Params);
        Assert.Contains("Params: a machine's facts have at most 262144 octets", Problems(m => With(m, 22_000), Itself));
    }

    [Fact]
    public void ListsThatAreTooLongAreRefusedBeforeTheirEntriesAreLookedUp()
    {
        var names = Enumerable.Range(0, 500_000).Select(i => $"n{i}").ToList();
        Assert.Equal(["Profiles: a machine has at most 1000 profiles"], Problems(m => m with { Profiles = names }, new()));
        Assert.Equal(["Tasks: a machine has at most 10000 tasks"], Problems(m => m with { Tasks = names }, new()));
        Assert.Equal(["HardwareAddrs: a machine has at most 1024 network cards"], Problems(m => m with { HardwareAddrs = names }, new()));
        Assert.Equal(["Params: a machine has at most 2000 params of its own"], Problems(m => m with
        {
            Params = names.ToDictionary(n => n, _ => Json.Element(1), StringComparer.Ordinal),
        }, new()));
        Assert.Equal(["Profiles: a machine has at most 1000 profiles"], Assert.Throws<ApiException>(() => MachineRules.Create(
            new Machine { Uuid = Uuid, Name = "m2", Profiles = names }, Catalog, TestCatalog.Start, false, new(), "s")).Error.Messages);
        // All of those that may be there are told, each once.
        var missing = Problems(m => m with { Profiles = [.. names.Take(1000)] }, new());
        Assert.Equal((1000, "Profile n0 (at 0) does not exist"), (missing.Count, missing[0]));
    }

    [Fact]
    public void AReasonIsCutAndNeverInHalfACharacter()
    {
        var machine = Lifecycle.Enter(Known, Phase.Failed, new string('r', 1999) + "\U0001F600 and more", Catalog, TestCatalog.Start);
        Assert.Equal(new string('r', 1999) + "…", machine.Boot.Reason);
        Assert.Equal("short", Lifecycle.Enter(Known, Phase.Failed, "short", Catalog, TestCatalog.Start).Boot.Reason);
    }

    /// <summary>What is asked of the size of every object that is read is asked of each of its texts.</summary>
    [Fact]
    public void EveryLongTextCounts()
    {
        const int Length = 1 << 20;
        var text = new string('x', Length);
        foreach (var type in new[] { typeof(Machine), typeof(Profile) })
        {
            foreach (var property in type.GetProperties().Where(p => p.CanWrite))
            {
                object? value = property.PropertyType == typeof(string) ? text
                    : property.PropertyType == typeof(IReadOnlyList<string>) ? new[] { text }
                    : property.PropertyType == typeof(IReadOnlyDictionary<string, string>)
                        ? new Dictionary<string, string> { [text] = text }
                    : property.PropertyType == typeof(IReadOnlyDictionary<string, JsonElement>)
                        ? new Dictionary<string, JsonElement> { [text] = Json.Element(text) }
                    : property.PropertyType == typeof(MachineBoot) ? new MachineBoot { Reason = text } : null;
                if (value is null) continue;
                var document = (Document)Activator.CreateInstance(type)!;
                property.SetValue(document, value);
                Assert.True(RoughSize.Of(document) >= Length, $"{type.Name}.{property.Name}: {RoughSize.Of(document)}");
            }
        }
    }

    /// <summary>What an older version stored larger is changed, and grows no more.</summary>
    [Fact]
    public void WhatIsTooLongAsItIsStoredGrowsNoLonger()
    {
        static Machine Of(int smiles)
            => new() { Uuid = Uuid, Name = "m", Description = string.Concat(Enumerable.Repeat("\U0001F600", smiles)) };
        RoughSize.Check(null, Of(1_390_000));
        Assert.Equal(413, Assert.Throws<ApiException>(() => RoughSize.Check(null, Of(1_400_000))).Error.Code);
        Assert.Equal(413, Assert.Throws<ApiException>(() => RoughSize.Check(Of(10), Of(1_400_000))).Error.Code);
        RoughSize.Check(Of(1_500_000), Of(1_400_000));
        Assert.Equal(413, Assert.Throws<ApiException>(() => RoughSize.Check(Of(1_500_000), Of(1_500_001))).Error.Code);
        RoughSize.Check(Of(1_500_000), null);
    }

    private static Machine Updated(Func<Machine, Machine> change, ChangeOptions options)
        => MachineRules.Update(Known, change(Known), Catalog, TestCatalog.Start, options);

    private static IReadOnlyList<string> Problems(Func<Machine, Machine> change, ChangeOptions options)
        => Assert.Throws<ApiException>(() => Updated(change, options)).Error.Messages;
}
