namespace Anvil.Contracts.Machines;

/// <summary>Finds machines that were stored before a param of theirs became secure.</summary>
public interface IClearValues
{
    /// <summary>Looks through a piece of the machines, in the order of their uuids.</summary>
    /// <param name="secure">Names of params whose values are to be sealed.</param>
    /// <param name="after">The uuid after which it goes on; "" for the beginning.</param>
    /// <param name="most">Machines that are looked at.</param>
    /// <param name="cancellation">Ends the attempt.</param>
    /// <returns>The uuids of those that have a value in clear of one of the params; and the last one that was looked at, "" where there
    /// is none any more.</returns>
    Task<(IReadOnlyList<string> Found, string Last)> MachinesAsync(IReadOnlyCollection<string> secure, string after, int most,
        CancellationToken cancellation);
}
