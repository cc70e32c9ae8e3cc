namespace Anvil.Provisioning.Lists;

/// <summary>Most that one list may ask for; beyond it is 406.</summary>
public static class ListBounds
{
    /// <summary>Fields that a list is filtered by.</summary>
    public const int Conditions = 32;

    /// <summary>Values of one field (the same name again and again).</summary>
    public const int Alternatives = 64;

    /// <summary>Values in all filters together, arguments of In() and Nin() each counted.</summary>
    public const int Values = 1000;

    /// <summary>Characters of one value.</summary>
    public const int ValueLength = 4096;

    /// <summary>Characters of a name of a filter or sort.</summary>
    public const int NameLength = 300;

    /// <summary>Characters of a regular expression.</summary>
    public const int PatternLength = 512;

    /// <summary>Regular expressions in all filters together.</summary>
    public const int Patterns = 8;

    /// <summary>Seconds that the regular expressions of one list may take on all rows together.</summary>
    public const int PatternSeconds = 2;

    /// <summary>Octets that they may take: matching in linear time makes states, and a pattern keeps those that it has made.</summary>
    public const long PatternOctets = 64 << 20;

    /// <summary>Fields that a list is sorted by.</summary>
    public const int Sorts = 4;

    /// <summary>
    /// Code points of a text that a sort looks at; rows that differ only after them are in the order of their keys. Names and keys count
    /// whole.
    /// </summary>
    public const int SortLength = 128;

    /// <summary>Characters of the place that `after` names.</summary>
    public const int CursorLength = 8192;

    /// <summary>Params that `params` selects.</summary>
    public const int SelectedParams = 256;

    /// <summary>Fields that `fields` selects.</summary>
    public const int SelectedFields = 256;

    /// <summary>Characters of the documents of one answer: what is longer is asked for by pages.</summary>
    public const int PageLength = 64 << 20;

    /// <summary>Values of a facet.</summary>
    public const int FacetValues = 256;
}
