using Anvil.Provisioning.Boot;
using Anvil.Provisioning.Machines;

namespace Anvil.Contracts.Access;

/// <summary>Whom a file is rendered for that is no machine yet: a token for its registration is bound to it.</summary>
/// <param name="Address">The IPv4 address that asks.</param>
/// <param name="Mac">The MAC address that this address is leased to; "" where DHCP has leased nothing.</param>
public sealed record Stranger(string Address, string Mac);

/// <summary>Tokens of a machine's boot files.</summary>
/// <param name="Now">Of the boot that is under way.</param>
/// <param name="OfBoot">Of a boot that begins, by the id that it is given: good once the machine's grain was told of it.</param>
public sealed record BootTokens(TokenSource Now, Func<string, TokenSource> OfBoot);

/// <summary>Makes the tokens that rendered files and scripts carry.</summary>
public interface ITokens
{
    /// <summary>What renders boot files, for a machine or, with null, for an unknown one.</summary>
    Task<BootTokens> ForBootAsync(Machine? machine, Stranger stranger);

    /// <summary>
    /// What renders boot files and scripts for a machine (or, with null, for unknown ones), its secrets read beforehand.
    /// </summary>
    /// <param name="machine">The machine; null for one that is not known.</param>
    /// <param name="stranger">Who is not known, where that is known.</param>
    /// <param name="job">Uuid of the job whose scripts are rendered: its tokens are the job's; "" for boot files.</param>
    Task<TokenSource> ForRenderingAsync(Machine? machine, Stranger? stranger = null, string job = "");
}
