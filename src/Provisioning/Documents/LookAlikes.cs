namespace Anvil.Provisioning.Documents;

/// <summary>
/// Letters that look like others: of the Cyrillic, Greek, Lisu and Cherokee scripts those that Unicode's confusables.txt (UTS 39) gives
/// the look of a Latin letter.
/// </summary>
public static class LookAlikes
{
    private const string From = "абсԁеһіјӏкморԛѕтухԝүьАВСЕНІЈКМОРЅТХУҮαορνικυτχγΑΒΕΖΗΙΚΜΝΟΡΤΥΧ"
        + "ꓮꓐꓚꓓꓰꓝꓖꓧꓲꓙꓗꓡꓟꓠꓳꓑꓣꓢꓔꓴꓦꓪꓫꓬꓜᎪᏟᎠᎬᏀᎻᎫᏦᏞᎷᏢᎡᏚᎢᏙᎳᏃ";
    private const string To = "a6cdehijlkmopqstyxwybABCEHIJKMOPSTXYYaopvikutxyABEZHIKMNOPTYX"
        + "abcdefghijklmnoprstuvwxyzacdeghjklmprstvwz";

    /// <summary>A form that is the same for names of different scripts that look alike.</summary>
    public static string Skeleton(string name) => string.Create(name.Length, name, static (skeleton, from) =>
    {
        for (var i = 0; i < from.Length; i++)
        {
            // Cherokee's small letters are those of its capitals, in another block.
            var letter = from[i] is >= '\uAB70' and <= '\uABBF' ? (char)(from[i] - 0xAB70 + 0x13A0) : from[i];
            var at = From.IndexOf(letter, StringComparison.Ordinal);
            skeleton[i] = at < 0 ? from[i] : To[at];
        }
    });

    /// <summary>
    /// True for a name whose letters are of one script, as far as scripts are told apart that look alike, and which has no letter that is
    /// empty or stands for another one (half and full width, ligatures, superscripts).
    /// </summary>
    public static bool IsPlain(string name)
    {
        var script = 0;
        foreach (var letter in name.Where(char.IsLetter))
        {
            if (letter is 'ª' or 'º' or '\u115F' or '\u1160' or '\u3164' or '\u17B4' or '\u17B5' or (>= '\u02B0' and <= '\u02FF')
                or (>= '\u1D00' and <= '\u1DBF') or (>= '\u2070' and <= '\u218F') or (>= '\uFB00' and <= '\uFDFF')
                or (>= '\uFE70' and <= '\uFFEF')) return false;
            if (Script(letter) is not (> 0 and var own)) continue;
            if (script != 0 && own != script) return false;
            script = own;
        }

        return true;
    }

    private static int Script(char letter) => letter switch
    {
        <= '\u024F' or (>= '\u1E00' and <= '\u1EFF') => 1,
        (>= '\u0250' and <= '\u02AF') => 1,
        (>= '\u0370' and <= '\u03FF') or (>= '\u1F00' and <= '\u1FFF') => 2,
        (>= '\u0400' and <= '\u052F') or (>= '\u1C80' and <= '\u1C8F') or (>= '\u2DE0' and <= '\u2DFF')
            or (>= '\uA640' and <= '\uA69F') => 3,
        (>= '\u0530' and <= '\u058F') => 4,
        (>= '\u13A0' and <= '\u13FF') or (>= '\uAB70' and <= '\uABBF') => 5,
        (>= '\u10A0' and <= '\u10FF') or (>= '\u2D00' and <= '\u2D2F') => 6,
        (>= '\u2C80' and <= '\u2CFF') => 7,
        (>= '\uA4D0' and <= '\uA4FF') => 8,
        (>= '\u1400' and <= '\u167F') or (>= '\u18B0' and <= '\u18FF') => 9,
        (>= '\u1680' and <= '\u16FF') => 10,
        (>= '\u2D30' and <= '\u2D7F') => 11,
        (>= '\uA500' and <= '\uA63F') or (>= '\uA6A0' and <= '\uA6FF') => 12,
        (>= '\u2C60' and <= '\u2C7F') or (>= '\uA720' and <= '\uA7FF') or (>= '\uAB30' and <= '\uAB6F') => 1,
        _ => 0,
    };
}
