namespace Anvil.Contracts.Timeline;

/// <summary>Takes lines of timelines off the hot path: whoever notes one does not wait for the database.</summary>
public interface ITimeline
{
    /// <summary>
    /// Notes one line; texts are cut to a bounded length, and the oldest lines are shed (and counted) when too many wait.
    /// </summary>
    /// <param name="machine">Uuid, or "" for a MAC that is no machine yet.</param>
    /// <param name="mac">MAC address, or "".</param>
    /// <param name="source">dhcp, tftp, http, api, job, phase, secret.</param>
    /// <param name="what">The act.</param>
    /// <param name="outcome">How it ended.</param>
    /// <param name="detail">Reasons, for a person.</param>
    void Note(string machine, string mac, string source, string what, string outcome, string detail = "");

    /// <summary>
    /// As <see cref="Note"/>, of what was not there, or not answered: anybody can ask for that at will, so that what
    /// repeats within a minute becomes a number.
    /// </summary>
    void Miss(string machine, string mac, string source, string what, string outcome, string detail = "");

    /// <summary>
    /// Has what this silo noted so far written at once, for somebody who reads: lines wait for each other otherwise. While the database is
    /// away it is over after a second, and they still wait.
    /// </summary>
    Task FlushAsync(CancellationToken cancellation);
}
