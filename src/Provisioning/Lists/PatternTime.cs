using System.Text.RegularExpressions;
using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Lists;

/// <summary>
/// The time and memory that the regular expressions of one list take on all its rows together: each keeps the states that matching has
/// made. Made anew for each list.
/// </summary>
/// <param name="model">The kind, as errors name it.</param>
/// <param name="time">What time is measured by.</param>
public sealed class PatternTime(string model, TimeProvider time)
{
    private static readonly TimeSpan Most = TimeSpan.FromSeconds(ListBounds.PatternSeconds);
    private TimeSpan _taken;
    private long _octets;

    /// <summary>Tries a pattern on a text.</summary>
    /// <exception cref="ApiException">
    /// 406: more than <see cref="ListBounds.PatternSeconds"/> s were taken, or <see cref="ListBounds.PatternOctets"/> octets.
    /// </exception>
    public bool IsMatch(ListPattern pattern, string text)
    {
        var (began, before) = (time.GetTimestamp(), GC.GetAllocatedBytesForCurrentThread());
        try
        {
            return pattern.IsMatch(text);
        }
        catch (RegexMatchTimeoutException)
        {
            _taken = TimeSpan.MaxValue;
            return false;
        }
        finally
        {
            if (_taken < Most) _taken += time.GetElapsedTime(began);
            _octets += GC.GetAllocatedBytesForCurrentThread() - before;
            Check();
        }
    }

    private void Check()
    {
        if (_octets > ListBounds.PatternOctets)
            throw ListErrors.Refused(model, $"the regular expression takes more than {ListBounds.PatternOctets} octets of memory");
        if (_taken >= Most)
            throw ListErrors.Refused(model,
                $"the regular expression takes too long (more than {ListBounds.PatternSeconds} s for all rows)");
    }
}
