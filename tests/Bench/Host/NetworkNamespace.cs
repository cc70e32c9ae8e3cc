using System.Collections.Concurrent;
using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Anvil.Support;

namespace Anvil.Bench.Host;

/// <summary>A network namespace. A socket stays in the namespace that its thread was in when it was made, so a thread of ours goes
/// there.</summary>
internal sealed partial class NetworkNamespace : IDisposable
{
    private const int NewNet = 0x40000000;
    private readonly BlockingCollection<Action> _work = [];
    private readonly Thread _thread;
    private Exception? _failure;

    /// <summary>Makes it, with its loopback up.</summary>
    public NetworkNamespace(string name)
    {
        Name = name;
        Commands.Run("ip", "netns", "add", name);
        Commands.Run("ip", "-n", name, "link", "set", "lo", "up");
        _thread = new Thread(Work) { IsBackground = true };
        _thread.Start();
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>Runs ip(8) in it.</summary>
    public void Ip(params string[] arguments) => Commands.Run("ip", ["-n", Name, .. arguments]);

    /// <summary>A socket in it, bound to an address where one is given.</summary>
    public Socket Open(SocketType type, IPAddress? source = null)
    {
        var done = new TaskCompletionSource<Socket>();
        _work.Add(() =>
        {
            try
            {
                if (_failure is not null) throw _failure;
                var socket = new Socket(AddressFamily.InterNetwork, type, type == SocketType.Stream ? ProtocolType.Tcp : ProtocolType.Udp);
                if (source is not null) socket.Bind(new IPEndPoint(source, 0));
                done.SetResult(socket);
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        });
        return done.Task.GetAwaiter().GetResult();
    }

    /// <summary>An HTTP client that connects from it.</summary>
    public HttpClient Http(Uri address) => new(new SocketsHttpHandler
    {
        UseProxy = false,
        ConnectCallback = async (context, cancellation) =>
        {
            var socket = Open(SocketType.Stream);
            try
            {
                socket.NoDelay = true;
                await socket.ConnectAsync(IPAddress.Parse(context.DnsEndPoint.Host), context.DnsEndPoint.Port, cancellation);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        },
        // A server that is measured beside us signs its certificate itself; nobody else is in its namespace.
        SslOptions = { RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null },
    })
    { BaseAddress = address, Timeout = TimeSpan.FromMinutes(5) };

    /// <summary>Removes it.</summary>
    public void Dispose()
    {
        _work.CompleteAdding();
        _thread.Join();
        _work.Dispose();
        Commands.Try("ip", "netns", "del", Name);
    }

    private void Work()
    {
        try
        {
            using var file = File.OpenHandle($"/run/netns/{Name}");
            if (SetNamespace(file.DangerousGetHandle().ToInt32(), NewNet) != 0) throw new Win32Exception(Marshal.GetLastPInvokeError());
        }
        catch (Exception e)
        {
            _failure = e;
        }

        foreach (var work in _work.GetConsumingEnumerable()) work();
    }

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    private static partial int SetNamespace(int descriptor, int kind);
}
