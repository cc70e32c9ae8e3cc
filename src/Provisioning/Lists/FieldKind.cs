namespace Anvil.Provisioning.Lists;

/// <summary>How the values of a field compare; what a filter's value must be follows from it.</summary>
public enum FieldKind
{
    /// <summary>Text, ordered by code point.</summary>
    Text,

    /// <summary>true or false; false comes first.</summary>
    Truth,

    /// <summary>A number, compared as a double.</summary>
    Number,

    /// <summary>A time of RFC 3339, compared to 100 ns.</summary>
    Time,

    /// <summary>An IPv4 address, compared as its number; text that is none counts as no address, and comes first.</summary>
    Address,

    /// <summary>
    /// An IPv4 network (`10.0.0.0/24`), compared as its number and then its length; other text as it is. Of fields that are listed in
    /// memory alone.
    /// </summary>
    Network,

    /// <summary>A MAC address in any spelling, or other text where the field holds one.</summary>
    Mac,

    /// <summary>A UUID; the filter's spelling may be in upper case.</summary>
    Uuid,

    /// <summary>A list of texts: equal means holds.</summary>
    List,

    /// <summary>A list of MAC addresses: equal means holds, in any spelling.</summary>
    MacList,

    /// <summary>A map: equal means has the key.</summary>
    Map,

    /// <summary>
    /// Any JSON value (a param): compared by the type that it has; absent comes first, then truths, numbers, texts, lists and maps.
    /// </summary>
    Value,
}
