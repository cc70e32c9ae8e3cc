using Anvil.Provisioning.Machines;

namespace Anvil.Contracts.Machines;

/// <summary>
/// What an edge keeps of a machine in memory: what decides the answer to its packets, and nothing that changes while it boots. A
/// machine takes some 700 octets.
/// </summary>
[GenerateSerializer, Immutable, Alias("anvil.KnownMachine")]
public sealed record KnownMachine : IBootSubject
{
    /// <inheritdoc/>
    [Id(0)]
    public required string Uuid { get; init; }

    /// <inheritdoc/>
    [Id(1)]
    public required string Name { get; init; }

    /// <inheritdoc/>
    [Id(2)]
    public required string BootEnv { get; init; }

    /// <inheritdoc/>
    [Id(3)]
    public required string Stage { get; init; }

    /// <inheritdoc/>
    [Id(4)]
    public IReadOnlyList<string> Profiles { get; init; } = [];

    /// <summary>Its MAC addresses, in their one form (six pairs of lower-case digits with colons between).</summary>
    [Id(5)]
    public IReadOnlyList<string> HardwareAddrs { get; init; } = [];

    /// <summary>Names of the params that it has its own values of.</summary>
    [Id(6)]
    public IReadOnlyList<string> Params { get; init; } = [];

    /// <inheritdoc/>
    [Id(7)]
    public string? BootLoader { get; init; }

    /// <summary>It registered itself, and waits for approval: to DHCP it is a stranger, whatever it boots.</summary>
    [Id(8)]
    public bool IsPending { get; init; }

    /// <summary>
    /// It registered itself with cards of which no lease is known, and nobody has approved of it: to DHCP it is a stranger.
    /// </summary>
    [Id(9)]
    public bool IsStranger { get; init; }

    /// <summary>True for one whose packets go before strangers': somebody has let it in, or it registered by a lease.</summary>
    public bool IsFamiliar => !IsPending && !IsStranger;

    /// <inheritdoc/>
    public bool HasParam(string name) => Params.Contains(name, StringComparer.Ordinal);

    /// <summary>True when an edge keeps the same of both.</summary>
    public static bool IsSame(Machine? one, Machine? other)
    {
        if (one is null || other is null) return one == other;
        var (before, after) = (Of(one), Of(other));
        return before with { Profiles = after.Profiles, HardwareAddrs = after.HardwareAddrs, Params = after.Params } == after
            && before.Profiles.SequenceEqual(after.Profiles, StringComparer.Ordinal)
            && before.HardwareAddrs.SequenceEqual(after.HardwareAddrs, StringComparer.Ordinal)
            && before.Params.SequenceEqual(after.Params, StringComparer.Ordinal);
    }

    /// <summary>What is kept of a machine.</summary>
    public static KnownMachine Of(Machine machine) => new()
    {
        Uuid = machine.Uuid,
        Name = machine.Name,
        BootEnv = machine.BootEnv,
        Stage = machine.Stage,
        Profiles = machine.Profiles,
        HardwareAddrs = machine.HardwareAddrs,
        Params = [.. machine.Params.Keys.Order(StringComparer.Ordinal)],
        BootLoader = ((IBootSubject)machine).BootLoader,
        IsPending = machine.Boot.IsPending,
        IsStranger = machine.Boot.IsStranger,
    };
}
