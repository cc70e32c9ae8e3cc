using System.Globalization;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Network;

namespace Anvil.Provisioning.Lists;

/// <summary>Reads values of filters as what they are compared by.</summary>
internal static class ListValues
{
    private static readonly string[] Times = ["yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd"];

    /// <summary>All ways in which a value can be read, each of another type.</summary>
    /// <exception cref="ApiException">406: the field cannot have such a value.</exception>
    public static IReadOnlyList<Rank> Read(string model, Field field, string text)
    {
        if (text.Length > ListBounds.ValueLength)
            throw ListErrors.Refused(model, $"a value of {field.Name} has at most {ListBounds.ValueLength} characters");
        if (text.Contains('\0', StringComparison.Ordinal))
            throw ListErrors.Refused(model, $"{field.Name} cannot hold the character U+0000");
        if (!CodePoints.IsStorable(text)) throw ListErrors.Refused(model, $"a value of {field.Name} is no Unicode text");
        return field.Kind switch
        {
            FieldKind.Truth => [Rank.Of(TryTruth(text) ?? throw ListErrors.Refused(model, $"{field.Name} must be true or false"))],
            FieldKind.Number => [Rank.Of(TryNumber(text) ?? throw ListErrors.Refused(model, $"{field.Name} must be a number"))],
            FieldKind.Time =>
                [Rank.Of(TryTime(text) ?? throw ListErrors.Refused(model, $"{field.Name} must be a time (RFC 3339) or a date"))],
            FieldKind.Address => [TryAddress(text) ?? throw ListErrors.Refused(model, $"{field.Name} must be an IPv4 address")],
            FieldKind.Uuid => [Rank.Of(TryUuid(text) ?? throw ListErrors.Refused(model, $"{field.Name} must be a UUID"))],
            FieldKind.MacList =>
                [Rank.Of(MacAddress.TryNormalize(text, out var mac)
                    ? Field.MacOf(mac) : throw ListErrors.Refused(model, $"{field.Name} must be a MAC address"))],
            FieldKind.Mac => [Rank.Of(Field.MacOf(ReservationToken.TryNormalize(text, out var token) ? token : text))],
            FieldKind.Network => [Rank.Of(Field.NetworkOf(text))],
            FieldKind.Value =>
                [Rank.Of(text), .. TryNumber(text) is { } number ? [Rank.Of(number)] : Array.Empty<Rank>(),
                    .. TryTruth(text) is { } truth ? [Rank.Of(truth)] : Array.Empty<Rank>()],
            _ => [Rank.Of(text)],
        };
    }

    /// <summary>A time as queries write it: RFC 3339, or a date, which is its midnight in UTC; null for anything else.</summary>
    internal static DateTimeOffset? Moment(string text)
    {
        const DateTimeStyles Styles = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
        return DateTimeOffset.TryParseExact(text, Times, CultureInfo.InvariantCulture, Styles, out var time) ? time : null;
    }

    private static bool? TryTruth(string text) => bool.TryParse(text, out var truth) ? truth : null;

    private static double? TryNumber(string text)
        => double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent,
            CultureInfo.InvariantCulture, out var number)
            && double.IsFinite(number) ? number : null;

    /// <summary>An empty value is the zero time, which documents have for "none".</summary>
    private static string? TryTime(string text)
    {
        if (text.Length == 0) return Field.TimeOf(default(DateTimeOffset));
        return Moment(text) is { } time ? Field.TimeOf(time) : null;
    }

    /// <summary>Dotted, or the eight hexadecimal digits of keys; an empty value is "no address".</summary>
    private static Rank? TryAddress(string text)
    {
        if (text.Length == 0) return Rank.None;
        if (IPv4.TryParse(text, out var address)) return Rank.Of((double)address);
        return IPv4.TryParseHex(text, out address) ? Rank.Of((double)address) : null;
    }

    private static string? TryUuid(string text)
        => text.Length == 0 ? "" : Guid.TryParseExact(text, "D", out var uuid) ? uuid.ToString() : null;
}
