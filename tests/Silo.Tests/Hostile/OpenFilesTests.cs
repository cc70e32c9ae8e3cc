using System.Net;
using System.Net.Sockets;
using Anvil.Support;

namespace Anvil.Silo.Tests.Hostile;

/// <summary>Where a process may open few files, its HTTP ports take so many connections fewer, and it says so.</summary>
public sealed class OpenFilesTests
{
    [Fact]
    public async Task FewFilesAreFewConnections()
    {
        await using var silo = new SiloProgram { OpenFiles = 1024 };
        await silo.StartAsync();
        // Half of them are left to everything else; of the rest each connection of boot HTTP may take two.
        Assert.Contains("may have 1024 files open", silo.Log(), StringComparison.Ordinal);
        Assert.Contains("each HTTP port takes 170 connections", silo.Log(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task OneSourceHasItsShareOfFewConnections()
    {
        await using var silo = new SiloProgram { OpenFiles = 1024 };
        await silo.StartAsync();
        var held = new List<TcpClient>();
        try
        {
            // An eighth of 170 is 21. Some are the client's that waited for the silo.
            for (var i = 0; i < 60; i++)
            {
                var client = new TcpClient();
                held.Add(client);
                await OpenAsync(client, silo.ApiPort);
            }

            await Wait.UntilAsync(() => Task.FromResult(held.Count(IsClosed) >= 39), TimeSpan.FromSeconds(30),
                () => $"of 60 connections of one source {held.Count(IsClosed)} were closed, not 39");
            Assert.InRange(held.Count(c => !IsClosed(c)), 1, 21);
        }
        finally
        {
            held.ForEach(c => c.Dispose());
        }
    }

    /// <summary>Opens a connection; where many are closed at once, some are before they are known to be open.</summary>
    private static async Task OpenAsync(TcpClient client, int port)
    {
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, port);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
        }
    }

    private static bool IsClosed(TcpClient client)
    {
        try
        {
            return !client.Connected
                || client.Client.Poll(0, SelectMode.SelectRead) && client.Client.Receive(new byte[1], SocketFlags.Peek) == 0;
        }
        catch (SocketException)
        {
            return true;
        }
    }

    [Fact]
    public async Task EnoughFilesAreNothingToSay()
    {
        await using var silo = new SiloProgram("--Silo:Connections=100") { OpenFiles = 4096 };
        await silo.StartAsync();
        Assert.DoesNotContain("files open", silo.Log(), StringComparison.Ordinal);
    }
}
