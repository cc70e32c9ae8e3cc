using System.Net;
using Anvil.Provisioning.Network;

namespace Anvil.Provisioning.Tests.Network;

/// <summary>Nothing is sent to the host itself, or to what clouds tell their hosts, however the address is written.</summary>
public sealed class ReachableNetworksTests
{
    [Theory]
    [InlineData("127.0.0.1", false)]
    [InlineData("127.8.9.10", false)]
    [InlineData("0.0.0.0", false)]
    [InlineData("169.254.169.254", false)]
    [InlineData("224.0.0.1", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("100.100.100.200", false)]
    [InlineData("168.63.129.16", false)]
    [InlineData("::", false)]
    [InlineData("::1", false)]
    [InlineData("::127.0.0.1", false)]
    [InlineData("::ffff:127.0.0.1", false)]
    [InlineData("::ffff:169.254.169.254", false)]
    [InlineData("64:ff9b::7f00:1", false)]
    [InlineData("64:ff9b:1::1", false)]
    [InlineData("2002:7f00:1::", false)]
    [InlineData("2002:a9fe:a9fe::1", false)]
    [InlineData("2001:0:1::1", false)]
    [InlineData("fe80::1", false)]
    [InlineData("fe80::1%2", false)]
    [InlineData("ff02::1", false)]
    [InlineData("fd00:ec2::254", false)]
    [InlineData("10.1.2.3", true)]
    [InlineData("192.168.1.1", true)]
    [InlineData("8.8.8.8", true)]
    [InlineData("::ffff:10.1.2.3", true)]
    [InlineData("64:ff9b::808:808", true)]
    [InlineData("2002:808:808::1", true)]
    [InlineData("fd12::1", true)]
    [InlineData("2a00::1", true)]
    public void WithoutNamedNetworksOnlyOthersAreReached(string address, bool isReached)
        => Assert.Equal(isReached, ReachableNetworks.Of([]).Allows(IPAddress.Parse(address)));

    [Fact]
    public void NamedNetworksAreAllThereIs()
    {
        var networks = ReachableNetworks.Of(["127.0.0.1/32", "10.0.0.0/8", "fd00::/8"]);
        Assert.All(["127.0.0.1", "10.255.0.1", "::ffff:10.0.0.1", "fd12::1"], a => Assert.True(networks.Allows(IPAddress.Parse(a)), a));
        Assert.All(["127.0.0.2", "11.0.0.1", "::1", "8.8.8.8", "2a00::1"], a => Assert.False(networks.Allows(IPAddress.Parse(a)), a));
    }

    [Theory]
    [InlineData("10.0.0.0/33")]
    [InlineData("nowhere")]
    [InlineData("")]
    public void WhatIsNoNetworkIsNamed(string text) => Assert.Throws<FormatException>(() => ReachableNetworks.Of([text]));
}
