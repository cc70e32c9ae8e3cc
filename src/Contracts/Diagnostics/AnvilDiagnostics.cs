using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;

namespace Anvil.Contracts.Diagnostics;

/// <summary>Anvil's traces and metrics; who listens is the silo's matter. Tags hold names and addresses, never a secret.</summary>
public static class AnvilDiagnostics
{
    /// <summary>Name of the activity source and of the meter.</summary>
    public const string Name = "Anvil";

    /// <summary>Traces: one span for each packet, transfer and rendered file.</summary>
    public static ActivitySource Source { get; } = new(Name);

    /// <summary>
    /// A span for a step on the way of a packet or request, with the file that takes it (OpenTelemetry's code.file.path): from traces one
    /// reads
    /// which files something passes through. Costs nothing while nobody listens.
    /// </summary>
    /// <param name="file">Filled by the compiler.</param>
    /// <param name="member">Filled by the compiler.</param>
    /// <returns>The span, to be disposed; null while nobody listens.</returns>
    public static Activity? Step([CallerFilePath] string file = "", [CallerMemberName] string member = "")
    {
        if (!Source.HasListeners()) return null;
        var place = file.Replace('\\', '/');
        var start = place.LastIndexOf("/src/", StringComparison.Ordinal);
        return Source.StartActivity(member)?.SetTag("code.file.path", start < 0 ? place : place[(start + 1)..])
            .SetTag("code.function.name", member);
    }

    private static readonly Meter Meter = new(Name);

    /// <summary>DHCP messages taken; tags: type, outcome.</summary>
    public static Counter<long> DhcpMessages { get; } = Meter.CreateCounter<long>("anvil.dhcp.messages",
        description: "DHCP messages taken");

    /// <summary>DHCP packets that got no answer; tag: reason.</summary>
    public static Counter<long> DhcpDropped { get; } = Meter.CreateCounter<long>("anvil.dhcp.dropped",
        description: "DHCP packets that got no answer");

    /// <summary>Relays that were heard for the first time; tag: subnet.</summary>
    public static Counter<long> RelaysLearned { get; } = Meter.CreateCounter<long>("anvil.dhcp.relays",
        description: "Relays that were heard for the first time");

    /// <summary>Addresses that a probe found in use; tag: subnet.</summary>
    public static Counter<long> AddressesInUse { get; } = Meter.CreateCounter<long>("anvil.dhcp.conflicts",
        description: "Addresses that a probe found in use");

    /// <summary>Machines that were put out of memory for others that are used more.</summary>
    public static Counter<long> MachinesPutAway { get; } = Meter.CreateCounter<long>("anvil.machines.put_away",
        description: "Large machines that a silo put out of its memory for others that were used since");

    /// <summary>TFTP requests that were not taken; tag: reason.</summary>
    public static Counter<long> TftpDropped { get; } = Meter.CreateCounter<long>("anvil.tftp.dropped",
        description: "TFTP requests that were not taken");

    /// <summary>Seconds from a DHCP message to its answer; tag: type.</summary>
    public static Histogram<double> DhcpDuration { get; } = Meter.CreateHistogram<double>("anvil.dhcp.duration", "s",
        "From a DHCP message to its answer");

    /// <summary>Boot files handed out; tags: protocol, outcome.</summary>
    public static Counter<long> Files { get; } = Meter.CreateCounter<long>("anvil.files", description: "Boot files handed out");

    /// <summary>Octets of boot files handed out; tag: protocol.</summary>
    public static Counter<long> FileBytes { get; } = Meter.CreateCounter<long>("anvil.files.size", "By",
        "Octets of boot files handed out");

    /// <summary>Leases in one transaction.</summary>
    public static Histogram<int> LeaseBatch { get; } = Meter.CreateHistogram<int>("anvil.leases.batch",
        description: "Leases written in one transaction");

    /// <summary>Seconds that a transaction of leases took.</summary>
    public static Histogram<double> LeaseWrite { get; } = Meter.CreateHistogram<double>("anvil.leases.write", "s",
        "Time that a transaction of leases took");

    /// <summary>Boot records of machines in one transaction.</summary>
    public static Histogram<int> BootBatch { get; } = Meter.CreateHistogram<int>(
        "anvil.machines.boots.batch", description: "Boot records written in one transaction");

    /// <summary>Seconds that a transaction of boot records took.</summary>
    public static Histogram<double> BootWrite { get; } = Meter.CreateHistogram<double>(
        "anvil.machines.boots.write", "s", "Time that a transaction of boot records took");

    /// <summary>Machines that moved to a phase; tag: phase.</summary>
    public static Counter<long> Phases { get; } = Meter.CreateCounter<long>("anvil.machines.phases",
        description: "Machines that moved to a phase");

    /// <summary>Machines found past a deadline.</summary>
    public static Counter<long> Stuck { get; } = Meter.CreateCounter<long>("anvil.machines.stuck",
        description: "Machines found past a deadline");

    /// <summary>Writes of stale activations that were refused; tag: grain.</summary>
    public static Counter<long> Fenced { get; } = Meter.CreateCounter<long>("anvil.fenced",
        description: "Writes of stale activations that were refused");

    /// <summary>Sightings of machines that were not carried out; tag: reason.</summary>
    public static Counter<long> SightingsLost { get; } = Meter.CreateCounter<long>("anvil.sightings.lost",
        description: "Sightings of machines that were not carried out");

    /// <summary>Packets for which a machine's grain or the database was asked, because the edge's own view may have been old.</summary>
    public static Counter<long> AskedBehind { get; } = Meter.CreateCounter<long>("anvil.machines.asked",
        description: "Packets for which the edge's view of machines was too old");

    /// <summary>Changes of machines that an edge did not acknowledge in time.</summary>
    public static Counter<long> NotTold { get; } = Meter.CreateCounter<long>("anvil.machines.untold",
        description: "Changes of machines that an edge did not acknowledge in time");

    /// <summary>Timeline lines that were counted instead of kept; tag: reason (repeated, nobody, machine, stranger,
    /// strangers; own: with events, what a machine brought about beyond its budget).</summary>
    public static Counter<long> TimelineNoise { get; } = Meter.CreateCounter<long>("anvil.timeline.noise",
        description: "Timeline lines that were counted instead of kept");

    /// <summary>Listeners (websockets) that were ended, for they were too slow, or had the right no longer.</summary>
    public static Counter<long> ListenersEnded { get; } = Meter.CreateCounter<long>("anvil.listeners.ended",
        description: "Listeners that were ended");

    /// <summary>
    /// HTTP connections that were not taken, or gave their place to another; tag: reason (all, source, displaced; handshake-all,
    /// handshake-source, handshake-displaced; plain: plain HTTP from where none is taken).
    /// </summary>
    public static Counter<long> ConnectionsRefused { get; } = Meter.CreateCounter<long>("anvil.http.refused",
        description: "HTTP connections that were not taken");

    /// <summary>
    /// What was dropped because it was too old or too much; tag: what (timeline, strangers, events, leaseHistory, jobLogs).
    /// </summary>
    public static Counter<long> Trimmed { get; } = Meter.CreateCounter<long>("anvil.retention.trimmed",
        description: "What was dropped because it was too old or too much");

    /// <summary>Timeline lines that could not be kept.</summary>
    public static Counter<long> TimelineLost { get; } = Meter.CreateCounter<long>("anvil.timeline.lost",
        description: "Timeline lines that could not be kept");
}
