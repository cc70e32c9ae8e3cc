using System.Net;
using Anvil.Contracts.Placement;
using Anvil.Edge.Dhcp;
using Anvil.Protocols.Dhcp;
using Anvil.Provisioning.Network;
using Microsoft.Extensions.DependencyInjection;

namespace Anvil.Silo.Tests.Hostile;

/// <summary>An edge's own address is no client's and no relay's.</summary>
public sealed class EdgeAddressTests(EdgeAddressTests.EdgeSilo silo) : IClassFixture<EdgeAddressTests.EdgeSilo>
{
    private const string Own = "10.61.0.12";

    [Fact]
    public async Task ItIsNotReserved()
    {
        await SubnetAsync();
        const string Body = $$"""{"Addr":"{{Own}}","Token":"02:61:00:00:00:01"}""";
        var (status, body) = await silo.CallAsync("POST", "reservations", Body);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, status);
        Assert.Equal([$"Addr {Own} is an edge's own address"], body!["Messages"]!.AsArray().Select(m => m!.ToString()));
        using var sheet = new StringContent($"Name,MACs,Address\nedge-own,02:61:00:00:00:02,{Own}\n");
        using var answer = await silo.Http.PostAsync("machines/import", sheet);
        Assert.Contains("is an edge's own address", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ItIsNoRelays()
    {
        await SubnetAsync();
        foreach (var (relay, drop) in new[] { (Own, DhcpDrop.Relay), ("10.61.0.1", DhcpDrop.None) })
        {
            var message = new DhcpMessage
            {
                Op = 1,
                HardwareAddress = [2, 0x61, 0, 0, 0, 3],
                TransactionId = 7,
                RelayAddress = IPv4.Parse(relay),
                Options = [KeyValuePair.Create((byte)53, new byte[] { 1 })],
            };
            var outcome = await silo.Service<DhcpHandler>().HandleAsync(
                new DhcpArrival(message, [IPv4.Parse("127.0.0.1")], IPv4.Parse(relay), 67, IsBinl: false, "own"), CancellationToken.None);
            Assert.Equal(drop, outcome.Drop);
        }
    }

    private async Task SubnetAsync()
    {
        var (status, body) = await silo.CallAsync("POST", "subnets",
            """
            {"Name":"own61","Subnet":"10.61.0.0/24","Enabled":true,"ActiveStart":"10.61.0.10","ActiveEnd":"10.61.0.19",
            "ActiveLeaseTime":600,"ReservedLeaseTime":7200}
            """);
        Assert.True(status is HttpStatusCode.Created or HttpStatusCode.Conflict, $"{status}: {body}");
    }

    /// <summary>A silo whose edges say that they have an address of a subnet.</summary>
    public sealed class EdgeSilo : SiloFixture
    {
        protected override Task StartAsync()
            => AddAsync($"--Edge:ApiPort={ApiPort}", $"--Edge:FilePort={FilePort}", $"--Edge:TftpPort={TftpPort}");

        protected override void Change(IServiceCollection services) => services.AddSingleton<IEdgeDirectory>(new Edges());
    }

    private sealed class Edges : IEdgeDirectory
    {
        public IReadOnlySet<uint> Addresses { get; } = new HashSet<uint> { IPv4.Parse(Own) };

        public string? For(string client) => null;
    }
}
