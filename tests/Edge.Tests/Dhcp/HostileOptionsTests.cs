using Anvil.Edge.Dhcp;
using Anvil.Protocols.Dhcp;
using Anvil.Provisioning.Boot;
using Microsoft.Extensions.Time.Testing;

namespace Anvil.Edge.Tests.Dhcp;

/// <summary>Options as somebody makes them who wants a server to loop, to grow, or to read what is not there.</summary>
public sealed class HostileOptionsTests
{
    private static byte[] Message(ReadOnlySpan<byte> options, ReadOnlySpan<byte> file = default, ReadOnlySpan<byte> name = default)
    {
        var data = new byte[240 + options.Length];
        (data[0], data[1], data[2]) = (1, 1, 6);
        file.CopyTo(data.AsSpan(108));
        name.CopyTo(data.AsSpan(44));
        ((ReadOnlySpan<byte>)[99, 130, 83, 99]).CopyTo(data.AsSpan(236));
        options.CopyTo(data.AsSpan(240));
        return data;
    }

    /// <summary>An overloaded field that says again that fields are overloaded: no field is read twice.</summary>
    [Fact]
    public void OverloadWithinOverloadIsReadOnce()
    {
        var data = Message([53, 1, 1, 52, 1, 3, 255], [52, 1, 3, 12, 1, 65, 255], [52, 1, 3, 12, 1, 66, 255]);
        var message = DhcpMessage.TryParse(data, out _)!;
        Assert.Equal("AB", message.OptionText(12));
        Assert.Equal(("", ""), (message.File, message.ServerName));
        Assert.Equal([3, 3, 3], message.Option(52)!);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(255)]
    public void OverloadOfNoFieldReadsNone(byte overload)
    {
        var message = DhcpMessage.TryParse(Message([53, 1, 1, 52, 1, overload, 255], [12, 1, 65, 255], [12, 1, 66, 255]), out var problem);
        if (overload == 255) Assert.Equal("AB", message!.OptionText(12));
        else Assert.Null(message!.Option(12));
        Assert.Equal(DhcpFault.None, problem);
    }

    [Fact]
    public void AnOptionThatRunsOutOfAnOverloadedFieldIsRefused()
    {
        var file = new byte[128];
        file[126] = 12;
        file[127] = 200;
        for (var i = 0; i < 126; i++) file[i] = 0;
        Assert.Null(DhcpMessage.TryParse(Message([53, 1, 1, 52, 1, 1, 255], file), out var problem));
        Assert.Equal(DhcpFault.Options, problem);
    }

    /// <summary>The longest message, as parts of one option: what it allocates grows as its length, not as its square.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(255)]
    public void PartsWithoutNumberCostWhatTheyHaveOctets(int length)
    {
        var part = new byte[2 + length];
        (part[0], part[1]) = (12, (byte)length);
        var options = Enumerable.Repeat(part, (DhcpMessage.Longest - DhcpMessage.FixedLength) / part.Length).SelectMany(p => p).ToArray();
        var data = Message(options);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var message = DhcpMessage.TryParse(data, out _)!;
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 10 * data.Length);
        Assert.Equal(options.Length / part.Length * length, message.Option(12)!.Length);
    }

    /// <summary>What is longer than any client's message is none, however it is made up.</summary>
    [Fact]
    public void AMessageIsOfBoundedLength()
    {
        var pads = new byte[DhcpMessage.Longest - DhcpMessage.FixedLength];
        Assert.NotNull(DhcpMessage.TryParse(Message(pads), out _));
        Assert.Null(DhcpMessage.TryParse(Message([.. pads, 0]), out var problem));
        Assert.Equal(DhcpFault.TooLong, problem);
    }

    /// <summary>As many architectures and classes as a message holds: few are looked at, the first ones.</summary>
    [Fact]
    public void OfListsWithoutEndTheFirstAreLookedAt()
    {
        var numbers = Enumerable.Range(100, 127).SelectMany(n => new[] { (byte)(n >> 8), (byte)n }).ToArray();
        var classes = Enumerable.Range(0, 127).SelectMany(n => new[] { (byte)1, (byte)('A' + (n % 26)) }).ToArray();
        byte[] options = [53, 1, 1, 60, 9, .. "PXEClient"u8];
        for (var part = 0; part < 6; part++) options = [.. options, 93, 254, .. numbers, 77, 254, .. classes];
        var message = DhcpMessage.TryParse(Message(options), out _)!;
        Assert.Equal(6 * 254, message.Option(93)!.Length);
        var client = DhcpHandler.ClientOf(message, ClientKinds.BuiltIn);
        Assert.Equal(100, client.Architecture);
        Assert.Equal(Enumerable.Range(101, BootClient.MostArchitectures - 1), client.Others);
        Assert.Equal(1 + UserClass.Most, UserClass.Of(message.Option(77)).Count);
        // What does not fit its lengths is one text, as before.
        Assert.Single(UserClass.Of([.. classes, 200, 1]));
    }

    [Fact]
    public void AcquaintancesAreFewAndForgotten()
    {
        var time = new FakeTimeProvider();
        var met = new Acquaintances(100, TimeSpan.FromMinutes(10), time);
        for (var i = 0; i < 1000; i++) met.Meet($"mac{i}");
        Assert.True(met.Knows("mac999"));
        Assert.False(met.Knows("mac10"));
        time.Advance(TimeSpan.FromMinutes(9));
        met.Meet("mac999");
        time.Advance(TimeSpan.FromMinutes(9));
        Assert.True(met.Knows("mac999"));
        Assert.False(met.Knows("mac998"));
    }
}
