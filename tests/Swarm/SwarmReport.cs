namespace Anvil.Swarm;

/// <summary>What a swarm tells when it has ended.</summary>
/// <param name="Machines">How many there were.</param>
/// <param name="Done">How many came to rest.</param>
/// <param name="Uuids">Uuid of each machine by its MAC address.</param>
/// <param name="Doubles">Addresses that two clients held at once.</param>
/// <param name="GaveUp">Waits that outlasted a firmware's patience, and the turns they may last.</param>
/// <param name="Lost">Changes that a server had accepted and that were gone later.</param>
/// <param name="Accepted">Params that a server accepted, by the machine's MAC address.</param>
/// <param name="LongestWaits">Longest wait of any client by step, in seconds.</param>
/// <param name="MedianWaits">Median wait by step, in seconds.</param>
/// <param name="Boots">Boots begun, those begun anew included.</param>
/// <param name="Renewals">Leases renewed.</param>
/// <param name="Requests">API requests answered.</param>
/// <param name="Refused">API requests answered 5xx, or not, and sent again.</param>
/// <param name="Seconds">How long all of it took.</param>
public sealed record SwarmReport(
    int Machines, int Done, IReadOnlyDictionary<string, string> Uuids, IReadOnlyList<string> Doubles, IReadOnlyList<string> GaveUp,
    IReadOnlyList<string> Lost,
    IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> Accepted,
    IReadOnlyDictionary<string, double> LongestWaits, IReadOnlyDictionary<string, double> MedianWaits, long Boots, long Renewals,
    long Requests, long Refused, double Seconds);
