using Anvil.Contracts.Placement;
using Orleans.Runtime;
using Orleans.Runtime.MembershipService.SiloMetadata;

namespace Anvil.Grains.Placement;

#pragma warning disable ORLEANSEXP004 // Silo metadata is the means that Orleans has for this.
/// <summary>
/// The living silos that Orleans' membership knows beside this one: those that do not answer are left out by whoever asks them.
/// </summary>
internal static class OtherSilos
{
    /// <summary>Those that can be asked for something: a silo of the version before lacks its trait.</summary>
    public static List<SiloAddress> With(string trait, ISiloMetadataCache metadata, ISiloStatusOracle oracle)
        => [.. oracle.GetApproximateSiloStatuses(onlyActive: true).Keys.Where(s => !s.Equals(oracle.SiloAddress)
            && metadata.GetSiloMetadata(s).Metadata.ContainsKey(trait))];

    /// <summary>
    /// A silo's name for people: the first of its addresses. Several silos of one host serve different addresses, or none; their own are
    /// always different.
    /// </summary>
    public static string NameOf(SiloAddress silo, ISiloMetadataCache metadata)
        => metadata.GetSiloMetadata(silo).Metadata.TryGetValue(SiloTraits.Addresses, out var addresses) && addresses.Length > 0
            ? addresses.Split(',')[0] : silo.Endpoint.ToString();

    /// <summary>Asks one; the default when it does not answer in time.</summary>
    /// <param name="ask">Asks.</param>
    /// <param name="patience">How long it may take.</param>
    /// <param name="time">The clock.</param>
    /// <param name="failed">Is told why it did not answer.</param>
    /// <param name="cancellation">Ends it, with an exception.</param>
    public static async Task<T?> AskAsync<T>(Func<Task<T>> ask, TimeSpan patience, TimeProvider time, Action<Exception> failed,
        CancellationToken cancellation)
    {
        try
        {
            return await ask().WaitAsync(patience, time, cancellation);
        }
        catch (Exception e) when (e is not OutOfMemoryException && !cancellation.IsCancellationRequested)
        {
            failed(e);
            return default;
        }
    }
}
#pragma warning restore ORLEANSEXP004
