namespace Anvil.Provisioning.Lists;

/// <summary>
/// Functions of the list language (DRP's). Ne, Nin and Except hold exactly where Eq, In and Between do not, so also where there is no
/// value.
/// </summary>
public enum ListFunction
{
    /// <summary>Equal; also what plain text means.</summary>
    Eq,

    /// <summary>Not equal.</summary>
    Ne,

    /// <summary>Less, of the value's type.</summary>
    Lt,

    /// <summary>Less or equal.</summary>
    Lte,

    /// <summary>Greater.</summary>
    Gt,

    /// <summary>Greater or equal.</summary>
    Gte,

    /// <summary>Equal to one of several.</summary>
    In,

    /// <summary>Equal to none of several.</summary>
    Nin,

    /// <summary>From the first to the second, both included.</summary>
    Between,

    /// <summary>Not between the two.</summary>
    Except,

    /// <summary>Matched by a regular expression.</summary>
    Re,
}
