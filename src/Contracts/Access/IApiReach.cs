namespace Anvil.Contracts.Access;

/// <summary>How machines are told to reach the API, and by what they know it.</summary>
public interface IApiReach
{
    /// <summary>https, or http where the settings say so.</summary>
    string Scheme { get; }

    /// <summary>
    /// SHA-256 of the public keys that the API may have, as curl's --pinnedpubkey takes them: sha256//BASE64, with semicolons between
    /// them; "" for plain HTTP.
    /// </summary>
    string Pin { get; }
}
