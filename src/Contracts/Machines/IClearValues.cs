namespace Anvil.Contracts.Machines;

/// <summary>Finds machines that were stored before a param of theirs became secure.</summary>
public interface IClearValues
{
    /// <summary>The uuids of machines that have a value in clear of one of some params, in their order.</summary>
    /// <param name="secure">Names of params whose values are to be sealed.</param>
    /// <param name="after">The uuid after which it goes on; "" for the beginning.</param>
    /// <param name="most">Most uuids.</param>
    /// <param name="cancellation">Ends the attempt.</param>
    Task<IReadOnlyList<string>> MachinesAsync(IReadOnlyCollection<string> secure, string after, int most, CancellationToken cancellation);
}
