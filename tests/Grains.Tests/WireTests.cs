using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using Anvil.Contracts;
using Anvil.Contracts.Machines;
using Anvil.Contracts.Subnets;
using Anvil.Contracts.Wire;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Machines;
using Anvil.Provisioning.Network;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using Orleans.Serialization.Invocation;
using Orleans.Serialization.TypeSystem;

namespace Anvil.Grains.Tests;

/// <summary>What travels between silos, of this version and of the one before (61b6003).</summary>
public sealed class WireTests
{
    private readonly ServiceProvider _services = new ServiceCollection().AddAnvilWire().BuildServiceProvider();

    /// <summary>Each message that both versions know, and the name by which the one before knows it.</summary>
    public static TheoryData<object, string> Known() => new()
    {
        { new Actor("a", true, false), "Anvil.Grains.Actor,Anvil.Grains" },
        { Reply.Ok("{}") with { Revision = 7 }, "Anvil.Grains.Reply,Anvil.Grains" },
        { new MachineSecrets("s", "b"), "Anvil.Grains.Machines.MachineSecrets,Anvil.Grains" },
        { new Sighting(SightingKind.Leased, "10.0.0.1", "uefi", "ipxe"), "Anvil.Grains.Machines.Sighting,Anvil.Grains" },
        { new LeaseCall(LeaseAct.Request, "02:00:00:00:00:01", 1, 2) { CanProbe = true }, "Anvil.Grains.Subnets.LeaseCall,Anvil.Grains" },
        { new LeaseAnswer(LeaseVerdict.Give, "{}", null, "because"), "Anvil.Grains.Subnets.LeaseAnswer,Anvil.Grains" },
        { SightingKind.Script, "Anvil.Grains.Machines.SightingKind,Anvil.Grains" },
        { LeaseAct.Decline, "Anvil.Grains.Subnets.LeaseAct,Anvil.Grains" },
    };

    [Theory]
    [MemberData(nameof(Known), DisableDiscoveryEnumeration = true)]
    public void AMessageOfTheVersionBeforeIsWrittenAndReadUnderItsName(object message, string former)
    {
        var serializer = _services.GetRequiredService<Serializer>();
        var octets = serializer.SerializeToArray(message);
        Assert.Contains(former, Encoding.UTF8.GetString(octets), StringComparison.Ordinal);
        Assert.Equal(Json.Write(message), Json.Write(serializer.Deserialize<object>(octets)));
    }

    [Theory]
    [MemberData(nameof(Known), DisableDiscoveryEnumeration = true)]
    public void AnswersAndAliasesAreUnderstood(object message, string former)
    {
        var types = _services.GetRequiredService<TypeConverter>();
        var answer = typeof(Response<>).MakeGenericType(message.GetType());
        var name = types.Format(answer);
        Assert.Contains($"[{former}]", name, StringComparison.Ordinal);
        Assert.Equal(answer, types.Parse(name));
        Assert.Equal(message.GetType(), types.Parse($"anvil.{message.GetType().Name}"));
    }

    /// <summary>What a message of the version before does not hold is not set: no initializer runs for it.</summary>
    [Fact]
    public void ATextThatTheVersionBeforeDoesNotSendIsNoNull()
    {
        var missing = new[] { typeof(Sighting).Assembly, typeof(Machine).Assembly }.SelectMany(a => a.GetTypes())
            .Where(t => t is { IsClass: true, IsAbstract: false } && t.GetCustomAttribute<GenerateSerializerAttribute>() is not null)
            .SelectMany(t => t.GetProperties().Where(p => p.PropertyType == typeof(string)
                && p.GetCustomAttribute<IdAttribute>() is not null
                && p.GetCustomAttribute<RequiredMemberAttribute>() is null
                && new NullabilityInfoContext().Create(p).ReadState == NullabilityState.NotNull
                && !t.GetConstructors().Any(c => c.GetParameters().Any(a => a.Name == p.Name)))
                .Where(p => p.GetValue(RuntimeHelpers.GetUninitializedObject(t)) is null)
                .Select(p => $"{t.Name}.{p.Name}"));
        Assert.Empty(missing);
    }

    [Fact]
    public void WhatTheVersionBeforeDoesNotKnowHasItsOwnName()
    {
        var types = _services.GetRequiredService<TypeConverter>();
        Assert.Equal("anvil.MachineWrite", types.Format(typeof(MachineWrite)));
        Assert.ThrowsAny<Exception>(() => types.Parse("Anvil.Grains.Machines.Nothing,Anvil.Grains"));
    }

    [Fact]
    public void ADocumentIsHandedOnWithinASiloAsItIsAndReadAnewElsewhere()
    {
        var answer = new Machine { Uuid = "0b3c6a8e-0000-4000-8000-000000000001", Name = "m1", HardwareAddrs = ["02:00:00:00:00:01"] };
        Assert.Same(answer, _services.GetRequiredService<DeepCopier>().Copy(answer));
        var serializer = _services.GetRequiredService<Serializer>();
        Assert.Equal(Json.Write(answer), Json.Write(serializer.Deserialize<Machine>(serializer.SerializeToArray(answer))));
    }

    /// <summary>Lists of a message are read anew elsewhere, whatever wrote them.</summary>
    [Fact]
    public void ListsOfErrorsAndNoticesAreReadElsewhere()
    {
        var serializer = _services.GetRequiredService<Serializer>();
        var error = ApiError.Invalid("reservations", "0A000005", "first", "second");
        Assert.Equal(Json.Write(error), Json.Write(serializer.Deserialize<ApiError>(serializer.SerializeToArray(error))));
        var notice = new ReservationNotice(7, new List<Reservation> { new() { Addr = "10.0.0.5", Token = "02:00:00:00:00:01" } },
            new List<uint> { 5 });
        Assert.Equal(Json.Write(notice), Json.Write(serializer.Deserialize<ReservationNotice>(serializer.SerializeToArray(notice))));
    }
}
