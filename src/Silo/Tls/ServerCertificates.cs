using System.Globalization;

namespace Anvil.Silo.Tls;

/// <summary>
/// The certificate that the API's port serves now. Every few seconds it is looked whether there is another one; connections that are there
/// go on with theirs. One that cannot be served is told, and the one before goes on being served.
/// </summary>
/// <param name="source">Where it comes from.</param>
/// <param name="first">The one to begin with.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Told of each that is served, and of what cannot be.</param>
internal sealed partial class ServerCertificates(
    ICertificateSource source, ServerCertificate first, TimeProvider time, ILogger<ServerCertificates> logger) : BackgroundService
{
    /// <summary>How often it is looked.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    /// <summary>A certificate that ends so soon is told of, where nobody but people can see to another one.</summary>
    public static readonly TimeSpan Soon = TimeSpan.FromDays(14);

    private volatile ServerCertificate _current = first;
    private volatile string _fault = "";

    /// <summary>Where it comes from: its file.</summary>
    public string Source => source.Name;

    /// <summary>What is served.</summary>
    public ServerCertificate Current => _current;

    /// <summary>What is not as it should be; "" for nothing.</summary>
    public string Fault
    {
        get
        {
            var now = time.GetUtcNow();
            if (_fault.Length > 0) return $"the certificate before is served: {_fault}";
            if (!_current.Holds(now)) return Span("does not hold now: it holds");
            return _current.NotAfter - now < Soon ? Span("ends soon: it holds") : "";
        }
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        Tell(_current);
        using var timer = new PeriodicTimer(Period, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken)) Look();
        }
        catch (OperationCanceledException)
        {
            // The silo ends.
        }
    }

    private void Look()
    {
        try
        {
            if (source.Next(_current, time.GetUtcNow()) is { } next)
            {
                _current = next;
                _fault = "";
                Tell(next);
            }
        }
        catch (Exception e) when (e is CertificateException or IOException or UnauthorizedAccessException)
        {
            if (_fault == e.Message) return;
            _fault = e.Message;
            LogFault(logger, source.Name, e.Message);
        }
    }

    private string Span(string what) => string.Create(CultureInfo.InvariantCulture,
        $"the API's certificate ({source.Name}) {what} from {_current.NotBefore:u} to {_current.NotAfter:u}");

    private void Tell(ServerCertificate one)
        => LogServed(logger, source.Name, one.Fingerprint, one.Pin, one.NotAfter, string.Join(", ", one.Names));

    [LoggerMessage(Level = LogLevel.Information,
        Message = "the API is served with the certificate {Source}: SHA-256 {Fingerprint}, public key {Pin}, until {End:u}, for {Names}")]
    private static partial void LogServed(ILogger logger, string source, string fingerprint, string pin, DateTimeOffset end, string names);

    [LoggerMessage(Level = LogLevel.Error,
        Message = "the certificate {Source} cannot be served, and the one before goes on being served: {Reason}")]
    private static partial void LogFault(ILogger logger, string source, string reason);
}
