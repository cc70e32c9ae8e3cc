namespace Anvil.Bench.Peers;

/// <summary>nginx that serves a folder: two workers, sendfile, no log of requests.</summary>
internal sealed class Nginx(NetworkNamespace host, string folder, string files) : Service(host, folder, "nginx")
{
    /// <summary>Its port.</summary>
    public const int Port = 8080;

    private readonly string _program = PeerPrograms.Find("nginx", "nginx");

    /// <inheritdoc/>
    protected override void Prepare() => File.WriteAllText(Path.Combine(Folder, "nginx.conf"), $$"""
        daemon off;
        user root;
        worker_processes 2;
        pid {{Folder}}/pid;
        error_log stderr;
        events { worker_connections 4096; }
        http {
          access_log off;
          sendfile on;
          tcp_nopush on;
          keepalive_requests 100000000;
          client_body_temp_path {{Folder}}/a;
          proxy_temp_path {{Folder}}/b;
          fastcgi_temp_path {{Folder}}/c;
          uwsgi_temp_path {{Folder}}/d;
          scgi_temp_path {{Folder}}/e;
          server { listen {{Port}}; root {{files}}; }
        }
        """);

    /// <inheritdoc/>
    protected override IReadOnlyList<string> Command()
        => [_program, "-e", "stderr", "-p", Folder, "-c", Path.Combine(Folder, "nginx.conf")];

    /// <inheritdoc/>
    protected override Task<bool> IsReadyAsync(CancellationToken cancellation) => Task.FromResult(ListensOnTcp(Port));
}
