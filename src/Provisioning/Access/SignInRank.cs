namespace Anvil.Provisioning.Access;

/// <summary>Whose password is looked at first.</summary>
public enum SignInRank
{
    /// <summary>Somebody who was right before, from there or with this very password.</summary>
    Known,

    /// <summary>Nobody erred from there.</summary>
    Fresh,

    /// <summary>From there, somebody was wrong.</summary>
    Erring,
}
