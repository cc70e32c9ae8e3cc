namespace Anvil.Provisioning.Lists;

/// <summary>What a list may do with a param.</summary>
public enum ParamUse
{
    /// <summary>It has no definition: a field only as `params.NAME`.</summary>
    Unknown,

    /// <summary>It is defined.</summary>
    Known,

    /// <summary>Its values are not shown, so no filter may find them out.</summary>
    Secret,
}
