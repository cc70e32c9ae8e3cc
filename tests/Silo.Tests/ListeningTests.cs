using System.Net;
using System.Net.Sockets;
using Anvil.Support;

namespace Anvil.Silo.Tests;

/// <summary>A silo that has started listens: one that cannot says what it cannot listen on, and does not start.</summary>
public sealed class ListeningTests
{
    [Fact]
    public async Task ATftpPortThatIsTakenKeepsASiloFromStarting()
    {
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        using var ports = new Ports();
        var port = ports.Take();
        taken.Bind(new IPEndPoint(IPAddress.Any, port));
        await using var silo = new Started($"--Edge:TftpPort={port}");
        var fault = await Assert.ThrowsAsync<IOException>(async () => await silo.InitializeAsync());
        Assert.StartsWith($"Edge:TftpPort: TFTP cannot listen on port {port}: ", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnInterfaceThatIsNotThereKeepsASiloFromStarting()
    {
        await using var silo = new Started("--Edge:TftpPort=0", "--Edge:Interfaces:0=none0");
        var fault = await Assert.ThrowsAsync<IOException>(async () => await silo.InitializeAsync());
        Assert.Equal("Edge:Interfaces: DHCP cannot listen on none0 port 67: there is no such interface", fault.Message);
    }

    private sealed class Started(params IReadOnlyList<string> arguments) : SiloFixture
    {
        protected override Task StartAsync() => AddAsync([$"--Edge:ApiPort={ApiPort}", $"--Edge:FilePort={FilePort}", .. arguments]);
    }
}
