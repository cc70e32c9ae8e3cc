using System.Text.RegularExpressions;
using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Lists;

/// <summary>The time that the regular expressions of one list take on all its rows together. Made anew for each list.</summary>
/// <param name="model">The kind, as errors name it.</param>
/// <param name="time">What time is measured by.</param>
public sealed class PatternTime(string model, TimeProvider time)
{
    private static readonly TimeSpan Most = TimeSpan.FromSeconds(ListBounds.PatternSeconds);
    private TimeSpan _taken;

    /// <summary>Tries a pattern on a text.</summary>
    /// <exception cref="ApiException">406: more than <see cref="ListBounds.PatternSeconds"/> s were taken.</exception>
    public bool IsMatch(ListPattern pattern, string text)
    {
        var began = time.GetTimestamp();
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
            Check();
        }
    }

    private void Check()
    {
        if (_taken >= Most)
            throw ListErrors.Refused(model,
                $"the regular expression takes too long (more than {ListBounds.PatternSeconds} s for all rows)");
    }
}
